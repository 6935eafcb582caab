import 'reflect-metadata';
import { RequestMethod, type DynamicModule, type Type } from '@nestjs/common';
import { ALLOWED_ROLES, PUBLIC, type Role } from '#access';
import { StandaloneModule } from '../src/standalone.module.js';

/** A way into the product over HTTP. */
export interface Route {
  readonly method: string;
  /** Begins with a slash; parameters are replaced by `x`. */
  readonly path: string;
  /** Undefined = open to anybody. */
  readonly roles: readonly Role[] | undefined;
}

type Imported = Type | DynamicModule | Promise<DynamicModule> | { forwardRef: () => Type };

/** Every route of every controller of the product, and GraphQL, which has none. New ones are found by themselves. */
export async function allRoutes(): Promise<Route[]> {
  const controllers = new Set<Type>();
  await collect(StandaloneModule, controllers, new Set());
  const routes = [...controllers].flatMap(routesOf);
  const graphql = { path: '/graphql', roles: ['viewer'] as const };
  return [...routes, { method: 'POST', ...graphql }, { method: 'GET', ...graphql }];
}

async function collect(imported: Imported, controllers: Set<Type>, seen: Set<unknown>): Promise<void> {
  const module = await imported;
  if (seen.has(module)) return;
  seen.add(module);
  if ('forwardRef' in module) return collect(module.forwardRef(), controllers, seen);
  const dynamic = typeof module === 'function' ? { module } : module;
  const listed = (key: string): unknown[] => (Reflect.getMetadata(key, dynamic.module) as unknown[] | undefined) ?? [];
  const own = [...listed('controllers'), ...('controllers' in dynamic ? (dynamic.controllers ?? []) : [])];
  for (const controller of own) controllers.add(controller as Type);
  const imports = [...listed('imports'), ...('imports' in dynamic ? (dynamic.imports ?? []) : [])];
  for (const each of imports) await collect(each as Imported, controllers, seen);
}

function routesOf(controller: Type): Route[] {
  const prefixes = pathsOf(controller);
  const prototype = controller.prototype as Record<string, object>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name]!;
    const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const paths = prefixes.flatMap((prefix) => pathsOf(handler).map((path) => join(prefix, path)));
    return paths.map((path) => ({ method: RequestMethod[method], path, roles: rolesOf(handler, controller) }));
  });
}

function pathsOf(target: object): string[] {
  const paths = (Reflect.getMetadata('path', target) as string | string[] | undefined) ?? '';
  return Array.isArray(paths) ? paths : [paths];
}

function join(...parts: string[]): string {
  const path = parts.flatMap((part) => part.split('/')).filter((part) => part !== '');
  return `/${path.map((part) => (part.startsWith(':') ? 'x' : part)).join('/')}`;
}

/** The decorator nearest to the handler decides; without one a route is closed to everybody. */
function rolesOf(handler: object, controller: Type): readonly Role[] | undefined {
  for (const target of [handler, controller]) {
    const roles = Reflect.getMetadata(ALLOWED_ROLES, target) as readonly Role[] | undefined;
    if (roles) return roles;
    if (Reflect.getMetadata(PUBLIC, target)) return undefined;
  }
  return [];
}
