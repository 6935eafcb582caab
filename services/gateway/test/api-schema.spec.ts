import { describe, expect, it } from '@jest/globals';
import { makeExecutableSchema } from '@graphql-tools/schema';
import {
  getNamedType,
  isEnumType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLObjectType,
} from 'graphql';
import { BASE_RESOLVERS, finishSchema, readTypeDefs } from '../src/graphql/api-schema.js';
import { PROTO_ENUMS } from '../src/graphql/enums.js';

const schema = finishSchema(makeExecutableSchema({ typeDefs: readTypeDefs(), resolvers: BASE_RESOLVERS }));
const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));

describe('the schema', () => {
  it('has every value of the contracts’ enums', () => {
    for (const [name, values] of Object.entries(PROTO_ENUMS)) {
      const type = schema.getType(name);
      if (!isEnumType(type)) throw new Error(`${name} is not an enum.`);
      expect([name, Object.fromEntries(type.getValues().map((value) => [value.name, value.value as number]))]).toEqual([
        name,
        values,
      ]);
    }
  });

  it('gives every enum values of ours', () => {
    for (const type of types.filter(isEnumType)) {
      if (['SortDirection', 'AuditOutcome'].includes(type.name)) continue;
      expect(Object.keys(BASE_RESOLVERS)).toContain(type.name);
    }
  });

  it('every mutation answers a union of its success and the user errors', () => {
    for (const field of Object.values(schema.getMutationType()!.getFields())) {
      const type = getNamedType(field.type);
      const capital = field.name[0]!.toUpperCase() + field.name.slice(1);
      expect(isNonNullType(field.type) && isUnionType(type)).toBe(true);
      const members = isUnionType(type) ? type.getTypes().map((member) => member.name) : [];
      expect(members).toEqual([`${capital}Success`, 'InvalidInput', 'NotFound', 'Conflict']);
    }
    const userError = schema.getType('UserError');
    const implementations = isInterfaceType(userError) ? schema.getPossibleTypes(userError) : [];
    expect(implementations.map((type) => type.name).sort()).toEqual(['Conflict', 'InvalidInput', 'NotFound']);
  });

  it('every list that can be long is a Relay connection', () => {
    const connections = types.filter(
      (type): type is GraphQLObjectType => isObjectType(type) && type.name.endsWith('Connection'),
    );
    expect(connections.length).toBeGreaterThan(10);
    for (const type of connections) {
      const fields = type.getFields();
      expect([type.name, String(fields['pageInfo']?.type), String(fields['totalCount']?.type)]).toEqual([
        type.name,
        'PageInfo!',
        'Int!',
      ]);
      const edge = getNamedType(fields['edges']!.type);
      expect(isObjectType(edge) ? Object.keys(edge.getFields()) : []).toEqual(['cursor', 'node']);
    }
    for (const type of types.filter(isObjectType)) {
      for (const field of Object.values(type.getFields())) {
        if (!getNamedType(field.type).name.endsWith('Connection')) continue;
        const first = field.args.find((arg) => arg.name === 'first');
        expect([field.name, String(first?.type), first?.defaultValue]).toEqual([field.name, 'Int!', undefined]);
        expect(String(field.args.find((arg) => arg.name === 'after')?.type)).toBe('String');
      }
    }
  });

  it('every operation says what it does and for which role', () => {
    for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
      for (const field of Object.values(root!.getFields())) {
        expect([field.name, field.description ?? '']).not.toEqual([field.name, '']);
        if (!['me', 'tenant'].includes(field.name)) expect(field.description).toMatch(/Roles?: /);
      }
    }
  });
});
