import { Logger } from '@nestjs/common';
import { inspect } from 'node:util';

/** What is logged from now on, until `end`: all of it, errors with their causes and fields. */
export class LogLines {
  readonly lines: string[] = [];

  constructor() {
    const take =
      (level: string) =>
      (message: unknown, ...rest: unknown[]) => {
        const text = [message, ...rest].map((each) => (typeof each === 'string' ? each : inspect(each, { depth: 12 })));
        this.lines.push(`${level} ${text.join(' ')}`);
      };
    Logger.overrideLogger({
      log: take('log'),
      warn: take('warn'),
      error: take('error'),
      debug: take('debug'),
      verbose: take('verbose'),
      fatal: take('fatal'),
    });
  }

  matching(pattern: RegExp): string[] {
    return this.lines.filter((line) => pattern.test(line));
  }

  end(): void {
    Logger.overrideLogger(['fatal']);
  }
}
