import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allows, LADDER, ROLES, type Role } from '#access';

const roles = fc.subarray([...ROLES]);
const rung = (role: Role): number => (LADDER as readonly Role[]).indexOf(role);

describe('allows', () => {
  it('no role escalates: what is allowed is covered by a role that is held', () => {
    fc.assert(
      fc.property(roles, roles, (held, required) => {
        const covered = required.some((wanted) =>
          held.some((has) => has === wanted || (rung(has) >= 0 && rung(wanted) >= 0 && rung(has) > rung(wanted))),
        );
        expect(allows(held, required)).toBe(covered);
      }),
    );
  });

  it('holding fewer roles never allows more', () => {
    fc.assert(
      fc.property(roles, roles, roles, (held, others, required) => {
        if (allows(held, required)) expect(allows([...held, ...others], required)).toBe(true);
      }),
    );
  });

  it('nobody may do what is open to nobody, and no role allows nothing', () => {
    fc.assert(fc.property(roles, (held) => !allows(held, [])));
    fc.assert(fc.property(roles, (required) => !allows([], required)));
  });

  it.each(['integration', 'device'] as const)('%s stands apart', (role) => {
    for (const other of ROLES.filter((each) => each !== role)) {
      expect(allows([other], [role])).toBe(false);
      expect(allows([role], [other])).toBe(false);
    }
  });

  it('the ladder', () => {
    expect(allows(['admin'], ['viewer'])).toBe(true);
    expect(allows(['policyAdmin'], ['analyst'])).toBe(true);
    expect(allows(['analyst'], ['policyAdmin'])).toBe(false);
    expect(allows(['viewer'], ['analyst', 'integration'])).toBe(false);
  });
});
