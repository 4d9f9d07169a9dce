// The Portkey gateway on a free port of this machine, which is the first line that it prints.
import { Server } from 'node:net'

// It knows no host to listen on, and would stand open to the network as a proxy for anyone.
const listen = Reflect.get(Server.prototype, 'listen')
Server.prototype.listen = function () {
  this.keepAliveTimeout = 60_000 // ms; longer than the pauses of the bench
  return listen.call(this, 0, '127.0.0.1', () => console.log(this.address().port))
}
process.argv.push('--headless') // without its log page, which costs it time for each call
await import('@portkey-ai/gateway/build/start-server.js')
