import { describe, expect, it } from '@jest/globals';
import { AiKind, AppCategory, FactorGroup } from '#contracts';
import { factorById, factors } from '../src/domain/factors/registry.js';
import { identityFacts } from '../src/domain/identity-facts.js';
import { readRule } from '../src/domain/rule-normalise.js';

/** The factors that Microsoft Defender for Cloud Apps publishes, in the order of its questionnaire, as ours are named. */
const PUBLISHED: Readonly<Record<string, string>> = {
  [FactorGroup.GENERAL]: `app-name description category headquarters data-center hosting-company founded holding
    app-domains terms-of-service privacy-policy sign-in-page vendor data-types homepage disaster-recovery
    domain-registered list-mentions`,
  [FactorGroup.SECURITY]: `latest-breach encryption-at-rest-method mfa ip-restriction user-audit-trail
    admin-audit-trail data-audit-trail data-upload data-classification remember-password user-roles file-sharing
    saml-sso drown-protected penetration-testing anonymous-use password-length password-characters password-expiry
    password-reuse password-personal-data password-policy header-csp header-hsts header-nosniff header-frame-options
    header-xss-protection trusted-certificate valid-certificate-name tls-version`,
  [FactorGroup.COMPLIANCE]: `finra fisma gaap hipaa isae3402 iso27001 itar soc1 soc2 soc3 sox nist-800-53 ssae16
    pci-dss-version iso27018 glba fedramp csa-star privacy-shield iso27017 cobit coppa ferpa gapp hitrust
    jericho-forum iso27002 ffiec`,
  [FactorGroup.LEGAL]: `data-ownership dmca data-retention gdpr right-to-erasure breach-notification
    impact-assessment secure-transfer data-protection-officer right-to-object right-to-access right-to-portability
    right-to-be-informed right-to-restriction automated-decisions lawful-basis right-to-rectification`,
};

/** What an admin asks of generative AI. */
const AI = `trains-by-default trains-on-business-data training-opt-out prompt-retention-days human-review
  model-providers tenant-isolation enterprise-plan admin-controls accepts-files accepts-code accepts-images
  accepts-voice agent-actions browser-access connects-accounts oauth-scopes mcp-support mcp-role embedded-feature
  local-processing output-ownership content-provenance eu-ai-act-class iso42001 model-cards`;

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');

describe('the list of factors', () => {
  it('has all 93 published ones in their group, and more', () => {
    const listed = Object.entries(PUBLISHED).map(([group, ids]) => [Number(group), words(ids)] as const);
    expect(listed.map(([, ids]) => ids.length)).toEqual([18, 30, 28, 17]);
    const missing = listed.flatMap(([group, ids]) => ids.filter((id) => factorById.get(id)?.group !== group));
    expect(missing).toEqual([]);
    expect(factors.length).toBeGreaterThanOrEqual(110);
  });

  it('asks of generative AI what nobody else does', () => {
    expect(words(AI).filter((id) => factorById.get(id)?.group !== FactorGroup.AI)).toEqual([]);
    expect(factorById.get('subprocessors')?.group).toBe(FactorGroup.LEGAL);
  });

  it('has a unit for every number and age, and points for every choice that counts', () => {
    for (const { id, type, unit, scale, choices } of factors) {
      const counted = scale.kind === 'number' || scale.kind === 'age';
      expect([id, unit !== undefined]).toEqual([id, counted]);
      if (type === 'choice') expect([id, (choices ?? []).length > 1]).toEqual([id, true]);
    }
  });

  it('shows who an app is as factors that are read from its record', () => {
    const rules = ['chat.com', 'process:chat.exe'].map((text) => readRule(text));
    const app = {
      ...{
        id: 'chat',
        name: 'Chat',
        category: AppCategory.GENERATIVE_AI,
        aiKind: AiKind.ASSISTANT,
        generativeAi: true,
      },
      ...{ vendor: 'Chat Inc.', homepage: '', description: '', facts: [] },
      rules: rules.flatMap((read) => ('rule' in read ? [read.rule] : [])),
    };
    const shown = identityFacts(app, 'The record', '2026-01-02').map(({ factorId, value }) => [factorId, value]);
    expect(shown).toEqual([
      ['app-name', 'Chat'],
      ['category', 'generative-ai'],
      ['vendor', 'Chat Inc.'],
      ['app-domains', 'chat.com'],
    ]);
  });
});
