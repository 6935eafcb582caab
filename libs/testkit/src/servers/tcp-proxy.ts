import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A way to a server on this machine that can be cut: then all connections end, and new ones are refused. */
export class TcpProxy {
  private readonly open = new Set<net.Socket>();
  private server: net.Server | undefined;
  private cuts = 0;

  private constructor(
    readonly port: number,
    private readonly target: () => number,
  ) {}

  /**
   * @param port where it listens, on loopback
   * @param target the port it leads to, asked for each connection
   */
  static async start(port: number, target: () => number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port, target);
    await proxy.listen();
    return proxy;
  }

  /** Cuts every connection and refuses new ones. Cuts that overlap end with the last. */
  async cut(ms: number): Promise<void> {
    this.cuts += 1;
    await this.close();
    await sleep(ms);
    this.cuts -= 1;
    if (this.cuts === 0) await this.listen();
  }

  async stop(): Promise<void> {
    this.cuts += 1;
    await this.close();
  }

  private async listen(): Promise<void> {
    this.server = net.createServer({ allowHalfOpen: true }, (socket) => this.join(socket));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    for (const socket of this.open) reset(socket);
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  private join(socket: net.Socket): void {
    const onward = net.connect({ port: this.target(), host: '127.0.0.1', allowHalfOpen: true });
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.setNoDelay(true);
      this.open.add(one);
      one.on('error', () => reset(other));
      one.on('close', () => {
        this.open.delete(one);
        // Nobody takes its data any more: what it still has to say is dropped, so that its end is noticed.
        if (one.readableEnded) other.resume();
        else reset(other);
      });
    }
    socket.pipe(onward).pipe(socket);
  }
}

/** Now, and not when what waits to be written is written. */
function reset(socket: net.Socket): void {
  if (!socket.connecting && !socket.destroyed) socket.resetAndDestroy();
  socket.destroy();
}
