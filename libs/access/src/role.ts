/** Every role a caller can hold. */
export const ROLES = ['viewer', 'analyst', 'policyAdmin', 'admin', 'integration', 'device'] as const;
export type Role = (typeof ROLES)[number];

/** Roles of people, weakest first: each one may do what those before it may. `integration` and `device` stand apart. */
export const LADDER = ['viewer', 'analyst', 'policyAdmin', 'admin'] as const satisfies readonly Role[];

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** Whether somebody who holds `held` may do what is open to `required`: to any one of them, or to a role above it. */
export function allows(held: readonly Role[], required: readonly Role[]): boolean {
  return required.some((role) => {
    const rung = (LADDER as readonly Role[]).indexOf(role);
    if (rung < 0) return held.includes(role);
    return LADDER.slice(rung).some((sufficient) => held.includes(sufficient));
  });
}
