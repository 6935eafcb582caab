import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { Allow } from '#access';
import { TelemetryService, type Device, type DeviceState, type EnrolmentSecret } from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import type { Maybe } from './arguments.js';

@Resolver('Device')
export class DeviceResolver {
  constructor(@ClientOf(TelemetryService) private readonly telemetry: RpcClient<typeof TelemetryService>) {}

  @Query('devices')
  @Allow('viewer')
  async devices(
    @Args() args: PageArgs & { search?: Maybe<string> },
    @Context() context: RequestContext,
  ): Promise<Connection<Device>> {
    const answer = await this.telemetry.listDevices(
      { search: args.search ?? '', page: pageRequest(args) },
      context.call,
    );
    return connection({ items: answer.devices, page: answer.page }, args);
  }

  @Query('device')
  @Allow('viewer')
  device(@Args('id') id: string, @Context() context: RequestContext): Promise<Device | null> {
    return context.loaders.device.load(id);
  }

  @Query('enrolmentSecrets')
  @Allow('admin')
  async enrolmentSecrets(
    @Args() args: PageArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<EnrolmentSecret>> {
    const answer = await this.telemetry.listEnrolmentSecrets({ page: pageRequest(args) }, context.call);
    return connection({ items: answer.enrolmentSecrets, page: answer.page }, args);
  }

  @AuditedMutation('createEnrolmentSecret')
  @Allow('admin')
  async createEnrolmentSecret(
    @Args('input') input: { group: string; expiresAt?: Maybe<Date> },
    @Context() context: RequestContext,
  ): Promise<{ enrolmentSecret: EnrolmentSecret | undefined; secret: string }> {
    const expiresAt = input.expiresAt ? timestampFromDate(input.expiresAt) : undefined;
    const answer = await this.telemetry.createEnrolmentSecret({ group: input.group, expiresAt }, context.call);
    return { enrolmentSecret: answer.enrolmentSecret, secret: answer.secret };
  }

  @AuditedMutation('revokeEnrolmentSecret')
  @Allow('admin')
  async revokeEnrolmentSecret(
    @Args('id') id: string,
    @Context() context: RequestContext,
  ): Promise<{ enrolmentSecret: EnrolmentSecret }> {
    return { enrolmentSecret: await this.telemetry.revokeEnrolmentSecret({ id }, context.call) };
  }

  @AuditedMutation('revokeDevice')
  @Allow('admin')
  async revokeDevice(
    @Args('deviceId') deviceId: string,
    @Context() context: RequestContext,
  ): Promise<{ device: Device }> {
    return { device: await this.telemetry.revokeDevice({ deviceId }, context.call) };
  }

  @ResolveField('blocklist')
  blocklist(@Parent() device: Device, @Context() context: RequestContext): Promise<DeviceState | null> {
    return context.loaders.deviceState.load(device.id);
  }
}
