import { describe, expect, it } from '@jest/globals';
import { DomainError } from '#kernel';
import { isOutage } from '../src/consuming/outage.js';

const state = (code: string): Error => Object.assign(new Error('database error'), { code });

describe('an outage', () => {
  it.each([
    ['an administrator ends the connection', state('57P01')],
    ['the server is starting', state('57P03')],
    ['the connection is lost', state('08006')],
    ['too many connections', state('53300')],
    ['the disk is full', state('53100')],
    ['the transaction stood still', state('25P03')],
    ['a deadlock', state('40P01')],
    ['nobody listens', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['pg says so in words', new Error('Connection terminated unexpectedly')],
    ['typeorm wraps it', Object.assign(new Error('query failed'), { driverError: state('57P01') })],
    ['another service is unavailable', new DomainError('unavailable', 'x', 'x')],
    ['another service is overloaded', new DomainError('overloaded', 'x', 'x')],
  ])('is recognised: %s', (_name, error) => expect(isOutage(error)).toBe(true));

  it.each([
    ['a constraint is violated', state('23505')],
    ['a value cannot be read', state('22P02')],
    ['a table is missing', state('42P01')],
    ['a defect', new TypeError('cannot read properties of undefined')],
    ['an expected failure', new DomainError('invalid', 'x', 'x')],
    ['anything else', 'thrown'],
  ])('is not: %s', (_name, error) => expect(isOutage(error)).toBe(false));
});
