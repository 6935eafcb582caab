import { describe, expect, it } from '@jest/globals';
import type { GroupPartitionsAssigner } from '@platformatic/kafka';
import { assignByTopic } from '../src/kafka/assign-by-topic.js';

type Members = Parameters<GroupPartitionsAssigner>[1];
type Metadata = Parameters<GroupPartitionsAssigner>[3];
type Share = Record<string, number[]>;

const PARTITIONS: Readonly<Record<string, number>> = { telemetry: 8, app: 4, 'app-tag': 4 };
const TOPICS = new Set(Object.keys(PARTITIONS));

/** One round of the group: who has what, and what each is told. */
function round(owned: Record<string, Share>): Record<string, Share> {
  const members = new Map(
    Object.entries(owned).map(([memberId, share]) => [
      memberId,
      {
        memberId,
        version: 3,
        topics: [...TOPICS],
        generationId: 1,
        ownedPartitions: Object.entries(share).map(([topic, partitions]) => ({ topic, partitions })),
      },
    ]),
  ) as Members;
  const metadata = {
    topics: new Map(Object.entries(PARTITIONS).map(([topic, partitionsCount]) => [topic, { partitionsCount }])),
  } as unknown as Metadata;
  return Object.fromEntries(
    assignByTopic('', members, TOPICS, metadata).map(({ memberId, assignments }) => [
      memberId,
      Object.fromEntries([...assignments].map(([topic, { partitions }]) => [topic, partitions])),
    ]),
  );
}

function sizes(shares: Record<string, Share>): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(shares).map(([member, share]) => [member, [...TOPICS].map((topic) => share[topic]?.length ?? 0)]),
  );
}

describe('the division of partitions among the members of a group', () => {
  const everything = Object.fromEntries(
    Object.entries(PARTITIONS).map(([topic, count]) => [topic, Array.from({ length: count }, (_, index) => index)]),
  );

  it('gives each of two members half of every topic', () => {
    expect(sizes(round({ a: {}, b: {} }))).toEqual({ a: [4, 2, 2], b: [4, 2, 2] });
  });

  it('takes half of every topic from a member that had all, and gives it away only when that has let go', () => {
    const first = round({ a: everything, b: {} });
    expect(sizes(first)).toEqual({ a: [4, 2, 2], b: [0, 0, 0] });
    const second = round(first);
    expect(sizes(second)).toEqual({ a: [4, 2, 2], b: [4, 2, 2] });
    expect(second['a']).toEqual(first['a']);
    for (const [topic, count] of Object.entries(PARTITIONS)) {
      const all = [...second['a']![topic]!, ...second['b']![topic]!].sort((x, y) => x - y);
      expect(all).toEqual(Array.from({ length: count }, (_, index) => index));
    }
  });

  it('gives a member that is left alone with another at once what the third one had', () => {
    const three = round(round(round({ a: {}, b: {}, c: {} })));
    const two = round({ a: three['a']!, b: three['b']! });
    expect(sizes(two)).toEqual({ a: [4, 2, 2], b: [4, 2, 2] });
    for (const topic of TOPICS) {
      for (const member of ['a', 'b'])
        expect(two[member]![topic]).toEqual(expect.arrayContaining(three[member]![topic] ?? []));
    }
  });
});
