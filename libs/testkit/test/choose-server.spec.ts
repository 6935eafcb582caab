import { describe, expect, it } from '@jest/globals';
import { chooseServer, type ServerSources } from '../src/servers/choose-server.js';

const sources = (...there: readonly string[]): ServerSources => ({
  named: there.includes('named'),
  docker: () => there.includes('docker'),
  native: () => there.includes('native'),
});

describe('where a server for a test comes from', () => {
  it('is the one that is named, before all others', () => {
    expect(chooseServer(sources('named', 'docker', 'native'), { prefer: 'docker' })).toBe('named');
    expect(chooseServer(sources('named'), { prefer: 'native' })).toBe('named');
  });

  it('is the preferred one of those that can be had, and else the other', () => {
    expect(chooseServer(sources('docker', 'native'), { prefer: 'docker' })).toBe('docker');
    expect(chooseServer(sources('docker', 'native'), { prefer: 'native' })).toBe('native');
    expect(chooseServer(sources('native'), { prefer: 'docker' })).toBe('native');
    expect(chooseServer(sources('docker'), { prefer: 'native' })).toBe('docker');
    expect(chooseServer(sources(), { prefer: 'docker' })).toBeUndefined();
  });

  it('is a process of this machine where it must be one of the test', () => {
    expect(chooseServer(sources('named', 'docker', 'native'), { prefer: 'docker', own: true })).toBe('native');
    expect(chooseServer(sources('named', 'docker'), { prefer: 'docker', own: true })).toBeUndefined();
  });

  it('asks for Docker only where it matters', () => {
    const docker = (): boolean => {
      throw new Error('Docker was asked.');
    };
    expect(chooseServer({ ...sources('named'), docker }, { prefer: 'docker' })).toBe('named');
    expect(chooseServer({ ...sources('native'), docker }, { prefer: 'native' })).toBe('native');
    expect(chooseServer({ ...sources('native'), docker }, { prefer: 'docker', own: true })).toBe('native');
  });
});
