import type { FactoryProvider } from '@nestjs/common';
import type { z } from 'zod';
import { DomainError } from './errors.js';

const PREFIX = 'GNOMON_';

/** One setting: the environment variable it is read from (without the `GNOMON_` prefix), its check, its meaning. */
export interface Setting<T extends z.ZodType = z.ZodType> {
  readonly env: string;
  readonly schema: T;
  readonly meaning: string;
}

export type SettingShape = Record<string, Setting>;
type Values<S extends SettingShape> = { readonly [K in keyof S]: z.output<S[K]['schema']> };

/** The settings of one module: how they are read, and the Nest provider that reads them once. */
export interface SettingsDefinition<S extends SettingShape> {
  readonly name: string;
  readonly shape: S;
  readonly token: symbol;
  readonly provider: FactoryProvider<Values<S>>;
  /** Reads the environment. @throws DomainError `settings.invalid` naming the variable. */
  load(environment?: NodeJS.ProcessEnv): Values<S>;
}

/** The type of the values of a settings definition. */
export type SettingsOf<D> = D extends SettingsDefinition<infer S> ? Values<S> : never;

const definitions: SettingsDefinition<SettingShape>[] = [];
const provided: Record<string, string> = {};

/**
 * Gives a setting a value that the process found out itself, such as the URL of the Postgres it started. It outranks
 * the environment for everything that is read from then on.
 *
 * @param env the name without the `GNOMON_` prefix
 */
export function provideSetting(env: string, value: string): void {
  provided[PREFIX + env] = value;
}

/** Every definition that has been imported so far, in that order: the source of the settings table in the docs. */
export function settingsDefinitions(): readonly SettingsDefinition<SettingShape>[] {
  return definitions;
}

export function setting<T extends z.ZodType>(env: string, schema: T, meaning: string): Setting<T> {
  return { env, schema, meaning };
}

/** The full name of a setting's environment variable. */
export function environmentName(entry: Setting): string {
  return PREFIX + entry.env;
}

export function defineSettings<S extends SettingShape>(name: string, shape: S): SettingsDefinition<S> {
  const load = (environment: NodeJS.ProcessEnv = { ...process.env, ...provided }): Values<S> => {
    const values: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(shape)) {
      values[key] = readSetting(entry, environment);
    }
    return Object.freeze(values) as Values<S>;
  };
  const token = Symbol(`settings:${name}`);
  const definition: SettingsDefinition<S> = {
    name,
    shape,
    token,
    load,
    provider: { provide: token, useFactory: () => load() },
  };
  definitions.push(definition);
  return definition;
}

function readSetting(entry: Setting, environment: NodeJS.ProcessEnv): unknown {
  const variable = environmentName(entry);
  // An empty variable is how most deployment tools write "not set".
  const raw = environment[variable] === '' ? undefined : environment[variable];
  const result = entry.schema.safeParse(raw);
  if (!result.success) {
    const reasons = result.error.issues.map((issue) => issue.message).join('; ');
    throw new DomainError('invalid', 'settings.invalid', `${variable}: ${reasons} (${entry.meaning})`, {
      field: variable,
    });
  }
  return result.data;
}
