import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '#database';
import { Clock, messageOf } from '#kernel';
import { CatalogReader } from './domain/catalog-file.js';
import { MAX_CATALOG_BYTES, openUpdate, UpdateProblem, type UpdateHeader } from './domain/update-file.js';
import { LoadService, SHIPPED_SOURCE } from './load.service.js';
import { LoadStore } from './load.store.js';
import { UpdateSettings } from './update.config.js';
import { updateRefused } from './update.errors.js';
import { findUpdates, readUpdate, type FoundUpdate } from './update-folder.js';
import { UpdateStore, type LoadedRow, type RefusalRow, type VersionRow } from './update.store.js';

const decompress = promisify(gunzip);
const FIRST_LOOK_MS = 500;

/** What is known of the loaded catalog and of its updates. */
export interface UpdateStatus {
  readonly loaded: LoadedRow | undefined;
  readonly apps: number;
  readonly followsUpdates: boolean;
  readonly rolledBackVersion: string;
  readonly refusal: RefusalRow | undefined;
}

/** An update file whose signature was checked. */
interface Signed extends FoundUpdate {
  readonly header: UpdateHeader;
}

/**
 * Looks for signed update files and loads the newest. What it refuses it says once a file. An order to roll back is a
 * signed file too: whoever may change the catalog may take the change back, and nobody else.
 */
@Injectable()
export class UpdateService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(UpdateService.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  /** File → its state when the last word on it was said. */
  private settled = new Map<string, string>();
  private rescored = false;
  private stopped = false;

  constructor(
    @Inject(UpdateSettings.token) private readonly settings: UpdateSettings,
    @Inject(Database) private readonly database: Database,
    private readonly store: UpdateStore,
    private readonly loads: LoadStore,
    private readonly loader: LoadService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(FIRST_LOOK_MS);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  async status(): Promise<UpdateStatus> {
    return this.database.transaction(async (tx) => ({
      loaded: await this.store.loaded(tx),
      apps: await this.store.countApps(tx),
      followsUpdates: this.settings.folder !== '',
      rolledBackVersion: await this.store.barrier(tx),
      refusal: await this.store.refusal(tx),
    }));
  }

  /** Looks once. Orders come first, so that a catalog that is bad is not loaded to be taken back at once. */
  async look(): Promise<void> {
    await this.finishRollback();
    await this.rescore();
    if (this.settings.folder === '') return;
    const found = await findUpdates(this.settings.folder);
    this.settled = new Map([...this.settled].filter(([name]) => found.some((file) => file.name === name)));
    const signed: Signed[] = [];
    for (const file of found) {
      if (this.settled.get(file.name) === file.state) continue;
      await this.orRefuse(file, async () => {
        const { header } = openUpdate(await readUpdate(this.settings.folder, file.name), this.settings.keys);
        signed.push({ ...file, header });
      });
    }
    for (const file of signed.filter(({ header }) => header.kind === 'rollback')) {
      await this.orRefuse(file, async () => {
        await this.rollBack(file.header.version);
        this.settle(file);
      });
    }
    const updates = signed.filter(({ header }) => header.kind === 'update');
    for (const file of updates.sort((a, b) => (a.header.version < b.header.version ? 1 : -1))) {
      await this.orRefuse(file, () => this.update(file));
    }
  }

  private schedule(afterMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.turn().finally(() => {
        this.running = undefined;
        this.schedule(this.loader.isLoaded ? this.settings.seconds * 1_000 : FIRST_LOOK_MS);
      });
    }, afterMs).unref();
  }

  private async turn(): Promise<void> {
    // The catalog that came with the product goes first, because it may be the newer one.
    if (!this.loader.isLoaded) return;
    try {
      await this.look();
    } catch (error) {
      this.logger.warn(`Catalog updates could not be looked for: ${messageOf(error)}`);
    }
  }

  /** Loads a file that is newer than what is there. @throws UpdateProblem */
  private async update(file: Signed): Promise<void> {
    const { version } = file.header;
    const { loaded, barrier, known } = await this.database.transaction(async (tx) => ({
      loaded: await this.loads.loaded(tx),
      barrier: await this.store.barrier(tx),
      known: await this.store.knows(tx, version),
    }));
    const newer = !loaded || version > loaded.version;
    if (newer && version <= barrier) {
      if (known) return this.settle(file);
      throw new UpdateProblem('rolled-back', `Version ${barrier} was rolled back; only a newer one counts.`, version);
    }
    if (!newer) {
      // What is loaded, or was, lies there still.
      if (known || version === loaded.version) return this.settle(file);
      throw new UpdateProblem('older', `It is older than version ${loaded.version}, which is loaded.`, version);
    }
    const text = await this.textOf(file);
    const { changed, removed } = await this.loader.load(text, { source: file.name });
    this.settle(file);
    this.logger.log(`Catalog ${version} of ${file.name} is loaded: ${changed} apps changed, ${removed} removed.`);
  }

  /** The catalog file inside an update. @throws UpdateProblem where it is not the one that was signed, or not whole */
  private async textOf({ name, header }: Signed): Promise<string> {
    const { body } = openUpdate(await readUpdate(this.settings.folder, name), this.settings.keys);
    const bytes = await decompress(body, { maxOutputLength: Math.max(1, header.bytes) }).catch(() => undefined);
    if (bytes?.length !== header.bytes) {
      throw new UpdateProblem(
        'invalid',
        'The catalog inside does not have the length that was signed.',
        header.version,
      );
    }
    const text = bytes.toString('utf8');
    const file = new CatalogReader(text);
    for (const _app of file.apps()) if (file.problems.length > 0) break;
    const [problem] = file.problems;
    if (problem) throw new UpdateProblem('invalid', `The catalog inside: ${problem.message}.`, header.version);
    if (file.version !== header.version) {
      throw new UpdateProblem('invalid', `The catalog inside has version ${file.version}.`, header.version);
    }
    return text;
  }

  /** Goes back behind a version and stays there until one that is newer than it. @throws UpdateProblem */
  private async rollBack(version: string): Promise<void> {
    const { barrier, loaded, known, withdrawn } = await this.database.transaction(async (tx) => ({
      barrier: await this.store.barrier(tx),
      loaded: await this.loads.loaded(tx),
      known: await this.store.knows(tx, version),
      withdrawn: await this.store.isWithdrawn(tx, version),
    }));
    // A version behind one that was rolled back may be what is loaded since, or what one would go back to next.
    if (withdrawn || (barrier >= version && !known && loaded?.version !== version)) return;
    if (loaded?.version === version && !(await this.previous(version))) {
      throw new UpdateProblem('nothing-before', `No catalog before version ${version} is known.`, version);
    }
    await this.database.transaction(async (tx) => {
      await this.loads.lock(tx);
      await this.store.withdraw(tx, version);
    });
    await this.finishRollback();
  }

  /** Loads the catalog before the one that was rolled back, where that is still the loaded one. */
  private async finishRollback(): Promise<void> {
    const bad = await this.database.transaction(async (tx) => {
      const version = (await this.loads.loaded(tx))?.version ?? '';
      const isBad = version === (await this.store.barrier(tx)) || (await this.store.isWithdrawn(tx, version));
      return isBad ? version : '';
    });
    if (bad === '') return;
    const before = await this.previous(bad);
    if (!before) return;
    await this.loader.load(before.text, { source: before.source, forced: true });
    this.logger.warn(`Catalog ${bad} was rolled back; ${before.version} is loaded again.`);
  }

  private async previous(version: string): Promise<(Omit<VersionRow, 'body'> & { text: string }) | undefined> {
    const shipped = await this.loader.shipped();
    const shippedVersion = new CatalogReader(shipped).version;
    const { kept, withdrawn } = await this.database.transaction(async (tx) => ({
      kept: await this.store.before(tx, version),
      withdrawn: await this.store.isWithdrawn(tx, shippedVersion),
    }));
    const isBefore = shippedVersion !== '' && shippedVersion < version && !withdrawn;
    if (isBefore && shippedVersion > (kept?.version ?? '')) {
      return { version: shippedVersion, source: SHIPPED_SOURCE, text: shipped };
    }
    return kept && { ...kept, text: await unpacked(kept.body) };
  }

  /** A newer product may score the same facts otherwise; only the shipped file is loaded anew by itself. */
  private async rescore(): Promise<void> {
    if (this.rescored) return;
    const kept = await this.database.transaction(async (tx) => {
      const loaded = await this.store.loaded(tx);
      return loaded && loaded.source !== SHIPPED_SOURCE ? this.store.version(tx, loaded.version) : undefined;
    });
    if (kept) await this.loader.load(await unpacked(kept.body), { source: kept.source, forced: true });
    this.rescored = true;
  }

  private settle({ name, state }: FoundUpdate): void {
    this.settled.set(name, state);
  }

  private async orRefuse(file: FoundUpdate, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof UpdateProblem)) throw error;
      const { code, message } = updateRefused(error, file.name);
      const refused_at = this.clock.now();
      const refusal = { file: file.name, version: error.version, code, reason: message, refused_at };
      await this.database.transaction((tx) => this.store.recordRefusal(tx, refusal));
      this.logger.error(`The catalog update ${file.name} is refused (${code}): ${message}`);
      this.settle(file);
    }
  }
}

async function unpacked(body: Buffer): Promise<string> {
  return (await decompress(body, { maxOutputLength: MAX_CATALOG_BYTES })).toString('utf8');
}
