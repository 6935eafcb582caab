import { FactorGroup } from '#contracts';
import { factorsOf, type FactorDefinition } from './definition.js';

const { good, bad, flag, choice, page, amount, fact, kinds } = factorsOf(FactorGroup.AI);

export const aiFactors: readonly FactorDefinition[] = [
  bad({
    id: 'trains-by-default',
    name: 'Trains on customer data by default',
    description: 'What users enter in a free or personal plan trains models unless they object.',
    importance: 8,
  }),
  bad({
    id: 'trains-on-business-data',
    name: 'Trains on business data',
    description: 'What is entered under a business plan or the API trains models.',
    importance: 8,
  }),
  good({
    id: 'training-opt-out',
    name: 'Opt-out of training',
    description: 'Users can keep their data out of training.',
    importance: 4,
  }),
  amount(
    {
      id: 'prompt-retention-days',
      name: 'Prompt retention',
      description: 'For how many days prompts and answers are kept under business terms.',
      importance: 4,
      unit: 'days',
    },
    [
      [0, 10],
      [30, 8],
      [90, 6],
      [365, 3],
      [1825, 0],
    ],
  ),
  good({
    id: 'zero-retention',
    name: 'Zero retention on offer',
    description: 'Customers can have prompts not stored at all.',
  }),
  flag(
    {
      id: 'human-review',
      name: 'Human review of prompts',
      description: 'People at the provider may read conversations.',
    },
    { true: 3, false: 10 },
  ),
  good({
    id: 'enterprise-plan',
    name: 'Enterprise plan',
    description: 'There is a plan with a contract and central administration.',
    importance: 4,
  }),
  good({
    id: 'admin-controls',
    name: 'Admin controls',
    description: 'Administrators can restrict features and see usage.',
  }),
  good({
    id: 'tenant-isolation',
    name: 'Tenant isolation',
    description: 'Data of one customer is kept apart from that of others.',
  }),
  good({
    id: 'data-residency',
    name: 'Data residency',
    description: 'Customers can choose the region in which prompts are stored.',
  }),
  fact(
    { id: 'model-providers', name: 'Model providers', description: 'Whose models answer: prompts go there too.' },
    'list',
  ),
  flag(
    {
      id: 'local-processing',
      name: 'Local processing',
      description: 'Models run on the user’s own device; prompts stay there.',
    },
    { true: 10 },
  ),
  fact({ id: 'accepts-files', name: 'Accepts files', description: 'Users can upload documents.' }, 'bool'),
  fact(
    { id: 'accepts-code', name: 'Reads source code', description: 'The app works on the user’s source code.' },
    'bool',
  ),
  fact({ id: 'accepts-images', name: 'Accepts images', description: 'Users can upload pictures.' }, 'bool'),
  fact(
    { id: 'accepts-voice', name: 'Accepts voice', description: 'Users can speak to it or have speech recorded.' },
    'bool',
  ),
  flag(
    {
      id: 'agent-actions',
      name: 'Acts by itself',
      description: 'The app can use tools, a browser or a terminal in the user’s name.',
      importance: 1,
    },
    { true: 3, false: 10 },
  ),
  flag(
    {
      id: 'connects-accounts',
      name: 'Connects other accounts',
      description: 'The app can be given access to mail, files or other services.',
      importance: 1,
    },
    { true: 4, false: 10 },
  ),
  fact(
    { id: 'mcp-support', name: 'Model Context Protocol', description: 'The app is an MCP client or server.' },
    'bool',
  ),
  kinds(
    {
      id: 'mcp-role',
      name: 'MCP role',
      description: 'Whether it offers tools to other AI (server), uses those of others (client), or both.',
    },
    'choice',
    ['server', 'client', 'both', 'none'],
  ),
  fact(
    {
      id: 'oauth-scopes',
      name: 'OAuth scopes asked for',
      description: 'The rights it asks for when it is connected to accounts of other services.',
    },
    'list',
  ),
  fact(
    {
      id: 'embedded-feature',
      name: 'Embedded AI feature',
      description: 'Generative AI is a part of an app that also serves without it.',
    },
    'bool',
  ),
  fact(
    {
      id: 'browser-access',
      name: 'Drives a browser',
      description: 'It reads or operates web pages in the user’s own browser, with the sessions that are open there.',
    },
    'bool',
  ),
  good({
    id: 'output-ownership',
    name: 'Output ownership',
    description: 'The terms give users the rights in what is generated.',
  }),
  good({
    id: 'content-provenance',
    name: 'Content provenance',
    description: 'Generated media carries a mark of its origin (C2PA or a watermark).',
    importance: 1,
  }),
  page({
    id: 'model-cards',
    name: 'Model cards',
    description: 'Published documents on what the models can do and where they fail.',
  }),
  good({ id: 'iso42001', name: 'ISO 42001', description: 'Certified management of AI systems.', importance: 4 }),
  choice(
    {
      id: 'eu-gpai-code',
      name: 'EU code of practice',
      description: 'Whether the maker of the models signed the EU code of practice for general-purpose AI.',
    },
    { signed: 10, 'in-part': 5, refused: 0 },
  ),
  choice(
    {
      id: 'eu-ai-act-class',
      name: 'EU AI Act class',
      description: 'The risk class of the app’s main use under the EU AI Act.',
      importance: 1,
    },
    { minimal: 10, limited: 7, high: 3, prohibited: 0 },
  ),
  fact(
    { id: 'open-weights', name: 'Open weights', description: 'The models can be downloaded and run elsewhere.' },
    'bool',
  ),
];
