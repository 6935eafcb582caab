import { FactorGroup } from '#contracts';
import { factorsOf, type FactorDefinition } from './definition.js';

const { good, choice, page, fact } = factorsOf(FactorGroup.LEGAL);

export const legalFactors: readonly FactorDefinition[] = [
  good({
    id: 'gdpr',
    name: 'GDPR readiness',
    description: 'The provider states how it meets the GDPR.',
    importance: 4,
  }),
  good({
    id: 'ccpa',
    name: 'CCPA readiness',
    description: 'The provider states how it meets the Californian privacy law.',
  }),
  page({
    id: 'data-processing-agreement',
    name: 'Data processing agreement',
    description: 'A published contract for processing personal data on behalf of a customer.',
    importance: 4,
  }),
  page({
    id: 'subprocessors',
    name: 'Sub-processors listed',
    description: 'A public list of the companies that get to see customer data.',
  }),
  good({
    id: 'privacy-contact',
    name: 'Privacy contact',
    description: 'A known address for requests about personal data.',
  }),
  choice(
    {
      id: 'account-deletion',
      name: 'Account deletion',
      description: 'How hard it is to delete an account and its data.',
    },
    { easy: 10, medium: 6, limited: 4, hard: 2, impossible: 0 },
  ),
  good({ id: 'right-to-erasure', name: 'Right to erasure', description: 'Personal data is deleted on request.' }),
  good({ id: 'right-to-portability', name: 'Right to portability', description: 'Users can export their data.' }),
  good({ id: 'data-ownership', name: 'Data ownership', description: 'Users keep the ownership of what they upload.' }),
  choice(
    {
      id: 'data-retention',
      name: 'Retention after closing',
      description: 'How long data is kept after an account is closed.',
    },
    { immediately: 10, 'two-weeks': 9, 'one-month': 8, 'three-months': 6, longer: 3, kept: 0 },
  ),
  fact(
    {
      id: 'terms-tracked',
      name: 'Terms tracked',
      description: 'Changes of the terms are followed by a public archive.',
    },
    'bool',
  ),
  good({ id: 'dmca', name: 'DMCA', description: 'Acts on notices under the US copyright act.', importance: 1 }),
  good({
    id: 'breach-notification',
    name: 'Breach notification',
    description: 'Breaches of personal data are reported within 72 hours (GDPR, articles 33 and 34).',
  }),
  good({
    id: 'impact-assessment',
    name: 'Impact assessment',
    description: 'The risks of processing are assessed beforehand (GDPR, article 35).',
    importance: 1,
  }),
  good({
    id: 'secure-transfer',
    name: 'Secure cross-border transfer',
    description: 'Personal data that leaves the EU is protected by contract or decision (GDPR, chapter V).',
  }),
  good({
    id: 'data-protection-officer',
    name: 'Data protection officer',
    description: 'One is appointed and can be reached (GDPR, article 37).',
  }),
  good({
    id: 'right-to-object',
    name: 'Right to object',
    description: 'People can object to the processing of their data (GDPR, article 21).',
    importance: 1,
  }),
  good({
    id: 'right-to-access',
    name: 'Right to access',
    description: 'People can see what is stored about them (GDPR, article 15).',
    importance: 1,
  }),
  good({
    id: 'right-to-be-informed',
    name: 'Right to be informed',
    description: 'People are told what is done with their data and how it is protected (GDPR, articles 13 and 14).',
    importance: 1,
  }),
  good({
    id: 'right-to-restriction',
    name: 'Right to restriction',
    description: 'People can have the processing of their data halted (GDPR, article 18).',
    importance: 1,
  }),
  good({
    id: 'automated-decisions',
    name: 'Say in automated decisions',
    description: 'People can refuse decisions that only a machine makes (GDPR, article 22).',
    importance: 1,
  }),
  good({
    id: 'lawful-basis',
    name: 'Lawful basis',
    description: 'The provider names the legal ground for processing (GDPR, article 6).',
    importance: 1,
  }),
  good({
    id: 'right-to-rectification',
    name: 'Right to rectification',
    description: 'People can have wrong data put right (GDPR, article 16).',
    importance: 1,
  }),
];
