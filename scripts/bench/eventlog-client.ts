import { WORKLOADS, type Action, type Answer, type ClientSetup, type Order } from './eventlog-order.js';

/** What each client of the comparison can do. */
export interface Client {
  /** Sends one burst and waits until all of it is durable. */
  publish(burst: number): Promise<void>;
  /** Reads that many records from the beginning on and looks at each. */
  read(records: number): Promise<void>;
  /** As a group whose position commits with its effects in Postgres. */
  consume?(records: number): Promise<void>;
}

type Workload = (typeof WORKLOADS)[keyof typeof WORKLOADS];

/** Runs a client in this process, which the benchmark has started for it alone, so that its CPU time is the client's. */
export async function serve(setup: ClientSetup, open: (setup: ClientSetup) => Promise<Client>): Promise<void> {
  const turn = new Turns(await open(setup), WORKLOADS[setup.workload]);
  process.on('message', (order: Order) => {
    turn.take(order).then(
      (answer) => process.send!(answer),
      (error: unknown) => {
        const reason = error instanceof Error ? error.stack : String(error);
        process.stderr.write(`${setup.client} could not ${order.action}: ${reason}\n`);
        process.exit(1);
      },
    );
  });
  process.once('disconnect', () => process.exit(0));
  process.send!('ready');
}

class Turns {
  private published = 0;

  constructor(
    private readonly client: Client,
    private readonly workload: Workload,
  ) {}

  async take({ action, cpuSeconds, wallSeconds }: Order): Promise<Answer> {
    const deadline = performance.now() + wallSeconds * 1_000;
    const began = process.cpuUsage();
    for (let records = 0; ;) {
      records += await this.once(action);
      const { user, system } = process.cpuUsage(began);
      const used = (user + system) / 1e6;
      if (used >= cpuSeconds || performance.now() >= deadline) return { records, cpuSeconds: used };
    }
  }

  /** @returns how many records it was about */
  private async once(action: Action): Promise<number> {
    const { client, workload } = this;
    if (action === 'publish') {
      await client.publish(workload.burst);
      this.published += workload.burst;
      return workload.burst;
    }
    const records = Math.min(this.published, action === 'read' ? workload.reading : workload.consuming);
    await (action === 'read' ? client.read(records) : client.consume!(records));
    return records;
  }
}
