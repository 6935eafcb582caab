interface Rule {
  readonly allows: boolean;
  readonly path: string;
}

/**
 * Whether a robots.txt (RFC 9309) lets an agent read a path: the longest rule that fits decides, and where two are as
 * long, the one that allows. `*` and `$` in paths are honoured.
 */
export function robotsAllow(text: string, agent: string, path: string): boolean {
  const groups = groupsOf(text);
  const token = (agent.split('/')[0] ?? '').toLowerCase();
  const own = groups.filter(({ agents }) => agents.includes(token));
  const rules = (own.length > 0 ? own : groups.filter(({ agents }) => agents.includes('*'))).flatMap(
    (group) => group.rules,
  );
  let best: Rule | undefined;
  for (const rule of rules) {
    if (!fits(rule.path, path)) continue;
    if (!best || rule.path.length > best.path.length || (rule.path.length === best.path.length && rule.allows))
      best = rule;
  }
  return best?.allows ?? true;
}

function groupsOf(text: string): { agents: string[]; rules: Rule[] }[] {
  const groups: { agents: string[]; rules: Rule[] }[] = [];
  let group: { agents: string[]; rules: Rule[] } | undefined;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = /^\s*([a-z-]+)\s*:\s*(.*?)\s*$/i.exec(raw.replace(/#.*$/, ''));
    const [, name = '', value = ''] = line ?? [];
    const field = name.toLowerCase();
    if (field === 'user-agent') {
      // Agents that follow each other share what follows them.
      if (!group || group.rules.length > 0) groups.push((group = { agents: [], rules: [] }));
      group.agents.push(value.toLowerCase());
    } else if ((field === 'allow' || field === 'disallow') && group) {
      // An empty Disallow forbids nothing; it still ends the list of agents.
      group.rules.push({ allows: field === 'allow' || value === '', path: value });
    }
  }
  return groups;
}

function fits(pattern: string, path: string): boolean {
  const anchored = pattern.endsWith('$');
  const parts = (anchored ? pattern.slice(0, -1) : pattern).split('*');
  const [first = '', ...rest] = parts;
  if (!path.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  if (!anchored) return true;
  const last = parts.at(-1) ?? '';
  return rest.length > 0 ? path.endsWith(last) : path.length === at;
}
