export { layersOver, loadProfile, profileLayers, type LoadedProfile, type LoadOptions } from './load-profile.js'
export { defaultProfileFolder, ProfileFolder, type KeptProfile, type NewProfile } from './profile-folder.js'
export { checkProfileName } from './profile-name.js'
export { replaceFile } from './replace-file.js'
