import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '#kernel';

const hostInvalid = (): DomainError =>
  new DomainError('invalid', 'http.host-invalid', 'The Host header is not a host.', { field: 'Host' });

/** Refuses requests whose Host header is no host: Apollo's adapter builds a URL with it and would fall over it. */
@Injectable()
export class HostCheck implements OnModuleInit {
  constructor(private readonly adapter: HttpAdapterHost) {}

  onModuleInit(): void {
    const fastify = this.adapter.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', (request, _reply, done) => {
      const wrong = request.url.startsWith('/graphql') && !URL.canParse(`${request.protocol}://${request.hostname}/`);
      done(wrong ? hostInvalid() : undefined);
    });
  }
}
