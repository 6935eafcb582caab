import { issueCredential } from '#access';
import { newId } from '#kernel';

/**
 * The product makes only its first organisation by itself.
 *
 * @param execute runs SQL on the product's database
 * @param name a word in lower case
 * @returns the token of the second one's admin
 */
export async function secondOrganisation(execute: (sql: string) => Promise<void>, name: string): Promise<string> {
  const [tenantId, tokenId] = [newId(), newId()];
  const { text, hash } = issueCredential('gno', tokenId);
  await execute(
    `INSERT INTO gateway.tenant (tenant_id, name, support_url, created_at) VALUES ('${tenantId}', '${name}', '', now());
     INSERT INTO gateway.api_token (tenant_id, token_id, name, roles, secret_hash, created_at, created_by)
     VALUES ('${tenantId}', '${tokenId}', '${name} admin', '{admin}', '\\x${hash.toString('hex')}', now(), 'test')`,
  );
  return text;
}
