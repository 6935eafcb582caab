import type { DomainRule } from '#contracts';
import { rulesOf, sha256 } from './domain/content.js';
import { jsonList, protobufList } from './domain/list-body.js';
import { RuleIndex } from './domain/rule-match.js';
import { textList, type TextAction } from './domain/text-list.js';
import type { SignedRevision } from './revision.store.js';

/** The current list of one group, ready to be sent: each representation is made once, when it is first asked for. */
export class CurrentList {
  /** `"<revision>-<hash>"`. Changes with the revision, and when a revision is signed anew. */
  readonly etag: string;
  private json: Buffer | undefined;
  private protobuf: Buffer | undefined;
  private decoded: readonly DomainRule[] | undefined;
  private index: RuleIndex | undefined;
  private readonly texts = new Map<TextAction, Buffer>();

  constructor(readonly signed: SignedRevision) {
    this.etag = `"${signed.revision}-${sha256(signed.manifest).subarray(0, 4).toString('hex')}"`;
  }

  get revision(): bigint {
    return this.signed.revision;
  }

  get rules(): readonly DomainRule[] {
    return (this.decoded ??= rulesOf(this.signed.content));
  }

  /** The rule that a device applies to a host; undefined where it does nothing. */
  ruleFor(host: string): DomainRule | undefined {
    return (this.index ??= new RuleIndex(this.rules)).find(host);
  }

  /** @param blockPage where a blocked device sends its user */
  jsonBody(blockPage: string): Buffer {
    return (this.json ??= Buffer.from(jsonList(this.signed, this.rules, blockPage)));
  }

  protobufBody(): Buffer {
    return (this.protobuf ??= Buffer.from(protobufList(this.signed)));
  }

  /** The names of the rules with this action, one a line, and the ETag of that text. */
  text(action: TextAction): { body: Buffer; etag: string } {
    const body = this.texts.get(action) ?? Buffer.from(textList(this.rules, action));
    this.texts.set(action, body);
    const hash = Buffer.from(this.signed.contentHash).subarray(0, 4).toString('hex');
    return { body, etag: `"${this.revision}-${hash}-${action}"` };
  }

  /** Whether this is what comes after `other`. */
  isNewerThan(other: CurrentList): boolean {
    if (this.revision !== other.revision) return this.revision > other.revision;
    return this.signed.issuedAt > other.signed.issuedAt;
  }
}
