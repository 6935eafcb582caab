import { SetMetadata } from '@nestjs/common';

/** The metadata key the access guard reads: what carries it needs no caller. */
export const UNGUARDED = 'gnomon:unguarded';

/** Marks an operation that anybody may call. Deny is the default everywhere else. */
export const Unguarded = (): MethodDecorator & ClassDecorator => SetMetadata(UNGUARDED, true);
