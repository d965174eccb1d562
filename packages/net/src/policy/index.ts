export * from './dane.js'
