import { describe, expect, it } from '@jest/globals';
import { InFlight } from '../src/in-flight.js';

describe('what is in work at once', () => {
  it('has a limit, which what is larger passes alone', () => {
    const room = new InFlight(10);
    expect([room.take(6), room.take(5), room.take(4), room.take(1)]).toEqual([true, false, true, false]);
    room.release(6);
    room.release(4);
    expect([room.take(99), room.take(1)]).toEqual([true, false]);
  });

  it('is not all one holder’s', () => {
    const room = new InFlight(100, 2);
    expect([room.take(1, 'a'), room.take(1, 'a'), room.take(1, 'a'), room.take(1, 'b')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    room.release(1, 'a');
    expect([room.take(1, 'a'), room.take(1, 'a')]).toEqual([true, false]);
  });
});
