export { editProfileFile, readProfileFile, writeProfileFile, type ProfileDocument } from './profile-file.js'
