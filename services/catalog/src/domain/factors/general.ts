import { FactorGroup } from '#contracts';
import { factorsOf, type FactorDefinition } from './definition.js';

const { good, choice, page, amount, age, fact, kinds, identity } = factorsOf(FactorGroup.GENERAL);

export const generalFactors: readonly FactorDefinition[] = [
  identity(
    { id: 'app-name', name: 'App name', description: 'The name under which the app is listed.' },
    'text',
    'name',
  ),
  identity({ id: 'description', name: 'Description', description: 'What users do with it.' }, 'text', 'description'),
  identity({ id: 'category', name: 'Category', description: 'The business function it serves.' }, 'text', 'category'),
  identity({ id: 'vendor', name: 'Vendor', description: 'The company or person who provides it.' }, 'text', 'vendor'),
  identity({ id: 'homepage', name: 'Homepage', description: 'The site that presents the app.' }, 'url', 'homepage'),
  identity(
    {
      id: 'app-domains',
      name: 'App domains',
      description: 'The domains and hosts by which its traffic is recognised.',
    },
    'list',
    'domains',
  ),
  fact(
    { id: 'sign-in-page', name: 'Sign-in page', description: 'Where users sign in; helps to recognise use.' },
    'url',
  ),
  kinds(
    { id: 'data-types', name: 'Data types', description: 'What kinds of data users can put into the app.' },
    'list',
    ['documents', 'media', 'code', 'credit-cards', 'databases', 'none'],
  ),
  fact({ id: 'headquarters', name: 'Headquarters', description: 'Country of the provider’s head office.' }, 'country'),
  fact({ id: 'data-center', name: 'Data center', description: 'Countries in which customer data is hosted.' }, 'list'),
  fact({ id: 'hosting-company', name: 'Hosting company', description: 'Who runs the servers.' }, 'text'),
  age(
    { id: 'founded', name: 'Founded', description: 'Year in which the provider was founded. Older is steadier.' },
    'year',
    [
      [0, 0],
      [1, 2],
      [3, 4],
      [5, 6],
      [10, 8],
      [20, 10],
    ],
  ),
  age(
    {
      id: 'launched',
      name: 'Launched',
      description: 'Day on which the product was first announced. Older is better tried.',
      importance: 1,
    },
    'date',
    [
      [0, 0],
      [1, 2],
      [3, 5],
      [6, 8],
      [10, 10],
    ],
  ),
  age(
    {
      id: 'domain-registered',
      name: 'Domain registration',
      description: 'Day on which the main domain was registered. Young domains are riskier.',
    },
    'date',
    [
      [0, 0],
      [1, 3],
      [5, 7],
      [10, 10],
    ],
  ),
  choice(
    { id: 'holding', name: 'Holding', description: 'Whether the provider is listed, private, public or non-profit.' },
    { public: 10, government: 10, 'non-profit': 8, private: 6 },
  ),
  choice(
    {
      id: 'company-status',
      name: 'Company status',
      description: 'Whether the provider is in business; a provider that gave up still holds what it was given.',
    },
    { public: 10, active: 8, acquired: 6, inactive: 0 },
  ),
  amount(
    { id: 'team-size', name: 'Team size', unit: 'people', description: 'How many people the provider says it has.' },
    [
      [1, 0],
      [5, 3],
      [20, 5],
      [100, 7],
      [1000, 10],
    ],
  ),
  amount(
    {
      id: 'list-mentions',
      name: 'Popularity',
      description:
        'How many independent public lists name the app: a measure of how widely it is known. Gives no score by itself.',
      importance: 1,
      supporting: true,
      unit: 'lists',
    },
    [
      [1, 2],
      [2, 4],
      [4, 6],
      [8, 8],
      [12, 10],
    ],
  ),
  page({ id: 'terms-of-service', name: 'Terms of service', description: 'Published terms for users.' }),
  page({ id: 'privacy-policy', name: 'Privacy policy', description: 'Published privacy statement.', importance: 4 }),
  page({
    id: 'status-page',
    name: 'Status page',
    description: 'Public page with incidents and uptime.',
    importance: 1,
  }),
  page({ id: 'trust-page', name: 'Trust page', description: 'Public page about security and compliance.' }),
  good({ id: 'disaster-recovery', name: 'Disaster recovery plan', description: 'Backup and restore are planned for.' }),
];
