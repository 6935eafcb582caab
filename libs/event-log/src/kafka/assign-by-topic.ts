import { cooperativeStickyAssigner, type GroupPartitionsAssigner, type GroupAssignment } from '@platformatic/kafka';

/**
 * Divides each topic by itself among the members: cooperatively, and so that as much as can stays where it is. The client's
 * own assigner makes only the sums of partitions equal: with it, one member may get all of the busy topic, and the others
 * as many partitions of those in which nothing happens.
 */
export const assignByTopic: GroupPartitionsAssigner = (current, members, topics, metadata) => {
  const shares = new Map<string, Map<string, GroupAssignment>>();
  for (const memberId of members.keys()) shares.set(memberId, new Map());
  for (const topic of topics) {
    const claims = new Map(
      [...members].map(([memberId, member]) => [
        memberId,
        { ...member, ownedPartitions: member.ownedPartitions?.filter((owned) => owned.topic === topic) ?? [] },
      ]),
    );
    for (const { memberId, assignments } of cooperativeStickyAssigner(current, claims, new Set([topic]), metadata)) {
      const share = assignments.get(topic);
      if (share) shares.get(memberId)!.set(topic, share);
    }
  }
  return [...shares].map(([memberId, assignments]) => ({ memberId, assignments }));
};
