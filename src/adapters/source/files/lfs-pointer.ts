/** How the text begins that lies in Git in place of a file of Git LFS. */
export const LFS_VERSION = /^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\/v1\n/
