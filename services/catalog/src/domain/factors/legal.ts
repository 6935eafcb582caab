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
];
