import { beforeEach, describe, expect, it } from '@jest/globals';
import { Accounts, keyOf, type AccountedBatch, type Sums } from '../accounting.js';

const DEVICE = keyOf('device', 'app', 'd1');

function batch(sequence: number, numbers: readonly number[]): AccountedBatch {
  const events = numbers.map((number) => ({ number, host: 'app.example', appId: 'app', blocked: false }));
  return { deviceId: 'd1', user: 'ada', sequence, events };
}

describe('the accounts of chaos', () => {
  let accounts: Accounts;
  let stored: Map<string, Sums>;
  beforeEach(() => {
    accounts = new Accounts();
    accounts.acknowledge(batch(1, [1, 2]));
    accounts.acknowledge(batch(2, [3, 4]));
    accounts.acknowledge({
      ...batch(3, []),
      events: [{ number: 5, host: 'nobody.example', appId: undefined, blocked: false }],
    });
    stored = new Map(accounts.rows);
  });

  function change(key: string, by: Partial<Sums>): void {
    const row = { ...stored.get(key)! };
    for (const [name, value] of Object.entries(by) as [keyof Sums, number][])
      Object.assign(row, { [name]: row[name] + value });
    stored.set(key, row);
  }

  it('find nothing where what is stored is what was acknowledged', () => {
    expect(accounts.acknowledged).toBe(5);
    expect(accounts.compare(stored)).toEqual({ lost: 0, duplicated: 0, wrongSums: 0, details: [] });
  });

  it('notice what is missing and what is there twice, each once', () => {
    change(DEVICE, { transactions: -2, bytesUp: -7 });
    change(keyOf('host', 'nobody.example'), { transactions: 1, bytesUp: 5 });
    expect(accounts.compare(stored)).toMatchObject({ lost: 2, duplicated: 1, wrongSums: 0 });
  });

  it('notice a batch that is missing while another of the same size is there twice', () => {
    change(DEVICE, { bytesUp: -4 });
    expect(accounts.compare(stored)).toMatchObject({ lost: 1, duplicated: 1 });
  });

  it('notice a device that is not there at all, and one that nobody knows', () => {
    const row = stored.get(DEVICE)!;
    stored.delete(DEVICE);
    stored.set(keyOf('device', 'app', 'stranger'), row);
    expect(accounts.compare(stored)).toMatchObject({ lost: 4, duplicated: 4 });
  });

  it('notice that users or apps add up to something else', () => {
    change(keyOf('user', 'app', 'ada'), { blocked: 1 });
    change(keyOf('app', 'app'), { bytesDown: 1 });
    expect(accounts.compare(stored)).toMatchObject({ lost: 0, duplicated: 0, wrongSums: 2 });
  });

  it('refuse a batch that was acknowledged out of turn', () => {
    expect(() => accounts.acknowledge(batch(5, [9]))).toThrow('out of turn');
  });
});
