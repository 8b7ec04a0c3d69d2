export function parseListen(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':')
  return { host: listen.slice(0, colon) || '127.0.0.1', port: Number(listen.slice(colon + 1)) }
}
