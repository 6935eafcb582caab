import type { LoggerService } from '@nestjs/common';
import { pino, type Logger as PinoLogger } from 'pino';
import { z } from 'zod';
import { currentCorrelationId } from './correlation.js';
import { defineSettings, setting } from './settings.js';

export const LogSettings = defineSettings('log', {
  level: setting(
    'LOG_LEVEL',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    'The least severe log line that is written: fatal, error, warn, info, debug, trace or silent.',
  ),
});

/** Field names whose values are never written, at the top of a log line or one or two levels down. */
const SECRET_FIELDS = ['authorization', 'cookie', 'password', 'secret', 'token', 'credential', 'privateKey', 'apiKey'];
const REDACTED_PATHS = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

/** Anything that looks like one of our own credentials, wherever it stands in a text. */
const CREDENTIAL_TEXT = /\bgn[a-z]_([A-Za-z0-9-]+)_[A-Za-z0-9_-]{16,}/g;

/** What the framework says of each module and route at every start: of interest to whoever looks for a defect. */
const FRAMEWORK_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'GraphQLModule',
]);

/** Takes credentials out of a text, keeping the id that says which one it was. */
export function redactText(text: string): string {
  return text.replace(CREDENTIAL_TEXT, 'gn*_$1_[redacted]');
}

/** Nest's logger on pino: JSON lines on standard error, secrets redacted, with the correlation id in hand. */
export class StructuredLogger implements LoggerService {
  private readonly pino: PinoLogger;

  constructor(level: string = LogSettings.load().level) {
    this.pino = pino(
      {
        level,
        redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
        mixin: () => {
          const correlation = currentCorrelationId();
          return correlation ? { correlationId: correlation } : {};
        },
        formatters: { level: (label) => ({ level: label }) },
        timestamp: pino.stdTimeFunctions.isoTime,
        base: undefined,
      },
      pino.destination({ fd: 2, sync: true }),
    );
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(FRAMEWORK_CONTEXTS.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the context as the last argument, and for errors the stack before it. */
  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = typeof rest.at(-1) === 'string' ? (rest.at(-1) as string) : undefined;
    const fields: Record<string, unknown> = context ? { context } : {};
    for (const value of context ? rest.slice(0, -1) : rest) {
      if (value instanceof Error) fields['stack'] = redactText(value.stack ?? value.message);
      else if (typeof value === 'string') fields['stack'] = redactText(value);
      else if (value && typeof value === 'object') Object.assign(fields, value);
    }
    if (message instanceof Error) {
      fields['stack'] ??= redactText(message.stack ?? '');
      this.pino[level](fields, redactText(message.message));
    } else if (message && typeof message === 'object') {
      const { message: text, ...others } = message as { message?: unknown };
      this.pino[level]({ ...fields, ...others }, typeof text === 'string' ? redactText(text) : undefined);
    } else {
      this.pino[level](fields, redactText(String(message)));
    }
  }
}
