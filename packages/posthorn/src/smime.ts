// `posthorn/smime`: loaded by those who read S/MIME or try its settings; sending it needs no more than `posthorn`.
export * from '@posthorn/mime/smime'
