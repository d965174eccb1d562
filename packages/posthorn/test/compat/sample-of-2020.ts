import * as ipworks from '../../src/compat/ipworks/index.js'
import type { Told } from './sample-of-2024.js'

/** A program as it was written for the edition of 2020: everything takes a callback, which gets the error first. */
export function sample(host: string, port: number): Promise<Told> {
  return new Promise((resolve) => {
    const lines: string[] = []
    const errors: string[] = []
    const smtp = new ipworks.smtp()
    const ended = (lastReply: string) => {
      const other = new ipworks.smtp()
      void other.send((err) => {
        const refused = {
          code: (err as Error & { code: number }).code,
          isError: err instanceof Error,
          message: err!.message,
        }
        resolve({ lines, errors, lastReply, refused })
      })
    }

    smtp
      .on('PITrail', function (e) {
        if (e.direction === 0) lines.push(e.message)
      })
      .on('Error', function (e) {
        errors.push(e.errorCode + ': ' + e.description)
      })

    smtp.setMailServer(host, function (err) {
      if (err) return void errors.push(err.message)
      smtp.setMailPort(port)
      smtp.setFrom('anna@example.test')
      smtp.setSendTo('bruno@example.test')
      smtp.setCc('carl@example.test')
      smtp.setSubject('From the edition of 2020')
      smtp.setImportance(1)
      smtp.setMessageText('Hello!')
      smtp.config('Hello=client.example.test', function (err, value) {
        if (err || value !== 'client.example.test') return void errors.push(String(err))
        void smtp.connect(function (err) {
          if (err) return void errors.push(err.message)
          smtp.getConnected(function (err, connected) {
            if (err || !connected) errors.push('not connected')
            void smtp.send(function (err) {
              if (err) errors.push(err.message)
              void smtp.disconnect(function (err) {
                if (err) errors.push(err.message)
                ended(smtp.getLastReply())
              })
            })
          })
        })
      })
    })
  })
}
