import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { DomainError } from '#kernel';

/** How many items a list of the largest page holds; a variable that is no number counts as that many. */
const MAX_PAGE = 100;

export interface CostedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

export const tooCostly = (cost: number, limit: number): DomainError =>
  new DomainError(
    'too-large',
    'graphql.too-costly',
    `The operation may answer ${cost} values, which is more than ${limit}. Ask for fewer fields or a smaller \`first\`.`,
  );

/**
 * How many values the answer of a validated operation may hold: 1 for each field, times `first` for everything inside a
 * list that is asked for with it, whether `first` is written in the operation or comes as a variable. Lists without
 * `first` are short and count once.
 */
export function costOf({ document, operation, variables }: CostedOperation): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const known = new Map<string, number>();

  const costOfSelections = ({ selections }: SelectionSetNode): number => {
    let cost = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) cost += costOfField(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) cost += costOfSelections(selection.selectionSet);
      else cost += costOfFragment(selection.name.value);
    }
    return cost;
  };
  const costOfField = (field: FieldNode): number => {
    if (!field.selectionSet) return 1;
    return 1 + pageSizeOf(field, variables) * costOfSelections(field.selectionSet);
  };
  // Each fragment is added up once: a chain of fragments that spread each other twice would take for ever.
  const costOfFragment = (name: string): number => {
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, 0);
    const fragment = fragments.get(name);
    const cost = fragment ? costOfSelections(fragment.selectionSet) : 0;
    known.set(name, cost);
    return cost;
  };
  return costOfSelections(operation.selectionSet);
}

function pageSizeOf(field: FieldNode, variables: Readonly<Record<string, unknown>>): number {
  const value = field.arguments?.find((argument) => argument.name.value === 'first')?.value;
  if (!value) return 1;
  if (value.kind === Kind.INT) return within(Number(value.value));
  const given = value.kind === Kind.VARIABLE ? variables[value.name.value] : undefined;
  return typeof given === 'number' ? within(given) : MAX_PAGE;
}

/** Page sizes outside the bounds are refused when the list is asked for; until then they count as the nearest bound. */
function within(pageSize: number): number {
  return Math.min(Math.max(pageSize, 1), MAX_PAGE);
}
