export { layersOver, loadProfile, profileLayers, type LoadedProfile, type LoadOptions } from './load-profile.js'
export { defaultProfileFolder, ProfileFolder, type KeptProfile } from './profile-folder.js'
