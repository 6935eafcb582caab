const VARIABLE = /\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?])((?:[^{}]|\{[^{}]*\})*))?\}|(.?))/g;

/** The text of a Compose file with its variables put in: `${A}`, `${A:-default}`, `${A:?message}`, `$$`. @throws Error */
export function interpolate(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((each) => interpolate(each, variables));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolate(each, variables)]));
  if (typeof value !== 'string') return value;
  return value.replace(VARIABLE, (...match: string[]) => {
    const [whole, dollar, name, operator, argument = ''] = match;
    if (dollar) return '$';
    if (!name) throw new Error(`"${whole}" is no variable; a dollar sign is written $$.`);
    return valueOf(name, operator, argument, variables);
  });
}

function valueOf(
  name: string,
  operator: string | undefined,
  argument: string,
  variables: Readonly<Record<string, string>>,
): string {
  const value = variables[name];
  const missing = operator?.startsWith(':') ? !value : value === undefined;
  if (!missing) return value!;
  if (operator?.endsWith('-')) return argument;
  if (operator?.endsWith('?')) throw new Error(`required variable ${name} is missing a value: ${argument}`);
  throw new Error(`The variable ${name} is not set, and has no default.`);
}
