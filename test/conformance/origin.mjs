// Starts the suite's origin server, which by itself takes a fixed port on every address, on a free port of the loopback address.
//
//   node origin.mjs <folder of server/server.mjs>

import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const folder = path.resolve(process.argv[2])
Object.assign(process.env, { npm_config_protocol: 'http', npm_config_port: '0', npm_config_pidfile: os.devNull })

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function () {
  return listen.call(this, { host: '127.0.0.1', port: 0 })
}

process.chdir(folder)
await import(pathToFileURL(path.join(folder, 'server', 'server.mjs')))
