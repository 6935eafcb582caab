import { describe, expect, it } from '@jest/globals';
import { AiKind } from '#contracts';
import { hostList, indexOf, shipped } from './shipped.js';

describe('the shipped rules', () => {
  const index = indexOf(shipped.apps);
  const ai = new Map(shipped.apps.filter((app) => app.generativeAi).map((app) => [app.id, app]));

  it('claim no shared or ordinary host for an AI app', () => {
    const hosts = hostList('not-ai.txt');
    expect(hosts.length).toBeGreaterThanOrEqual(300);
    const wrong = hosts.map((host) => [host, index.match(host)?.appId]).filter(([, id]) => id && ai.has(id));
    expect(wrong).toEqual([]);
  });

  it('claim the hosts of AI apps for them', () => {
    const wanted = hostList('ai.txt').map((line) => line.split(' ') as [host: string, app: string]);
    expect(wanted.length).toBeGreaterThanOrEqual(500);
    expect(wanted.filter(([, id]) => !ai.has(id))).toEqual([]);
    expect(wanted.map(([host]) => [host, index.match(host)?.appId])).toEqual(wanted);
  });

  it('know processes and bundles of desktop and command-line tools', () => {
    const app = (name: string) => index.matchProcess(name)?.appId;
    expect(app('C:\\Program Files\\Claude\\Claude.exe')).toBe('claude');
    expect(app('/usr/local/bin/ollama')).toBe('ollama');
    expect(app('LM Studio')).toBe('lm-studio');
    expect(app('Cursor')).toBe('cursor');
    expect(app('com.openai.chat')).toBe('chatgpt');
    expect(app('lmstudio')).toBe('lm-studio');
    expect(app('language_server_macos_arm')).toBe('windsurf');
    expect(app('MstyStudio.exe')).toBe('msty');
    expect(app('com.kangfenmao.CherryStudio')).toBe('cherry-studio');
    for (const name of ['node', 'python', 'python3', 'electron', 'java', 'main', 'server', 'helper', 'bash'])
      expect(app(name)).toBeUndefined();
    expect(app('chrome.exe')).toBeUndefined();
    expect(app('svchost.exe')).toBeUndefined();
  });

  it('give path rules only where there is a path', () => {
    expect(index.match('www.bing.com', '/chat?q=1')?.appId).toBe('microsoft-copilot');
    expect(index.match('github.com', '/copilot')?.appId).toBe('github-copilot');
    expect(ai.get('github-copilot')?.aiKind).toBe(AiKind.CODING);
  });
});
