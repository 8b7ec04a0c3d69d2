// Audit logs in files: followed while they grow and are rotated, or read once.
export { type AuditFollower, followAuditLog, type FollowOptions } from './follow.ts'
export { readAuditLog } from './read-once.ts'
