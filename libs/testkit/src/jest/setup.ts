import 'reflect-metadata';
import { Logger } from '@nestjs/common';

// Tests speak through their assertions; a log line is of use only when somebody asks for it.
process.env['GNOMON_LOG_LEVEL'] ??= 'fatal';
if (process.env['GNOMON_LOG_LEVEL'] === 'fatal') Logger.overrideLogger(['fatal']);
// Stored secrets in tests protect nothing.
process.env['GNOMON_SECRET_KEY'] ??= 'tests-only-tests-only-tests-only-tests-only';
