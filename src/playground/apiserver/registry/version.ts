/** The rules of `resourceVersion` and `resourceVersionMatch`: which state a LIST may answer with. */
import { type FieldError, forbiddenField, invalidObject, notSupported } from '../objects/fieldError.ts';
import { type ApiError, badRequest } from '../objects/status.ts';
import type { ListOptions, WatchOptions } from './options.ts';

const FIELD = 'resourceVersionMatch';
const LIST_OPTIONS = { group: 'meta.k8s.io', plural: 'listoptions', kind: 'ListOptions' };

/** 0 for "any", `undefined` when the client names none. Throws a 400 on text that is no version. */
export function versionOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d+$/.test(text))
    throw badRequest(`invalid resource version: resourceVersion: Invalid value: "${text}"`);
  return Number(text);
}

export type VersionRule =
  | { readonly kind: 'latest' }
  | { readonly kind: 'any' }
  | { readonly kind: 'notOlderThan' | 'exact'; readonly revision: number };

/** Throws a 422 for a combination that the API forbids. */
export function versionRule(options: ListOptions): VersionRule {
  const { resourceVersionMatch: match = '', limit = 0 } = options;
  const revision = versionOf(options.resourceVersion);
  refuse(versionErrors(match, revision, options.continue ?? ''));
  if (revision === undefined) return { kind: 'latest' };
  if (revision === 0) return { kind: 'any' };
  // A version with a limit meant "exactly this one" before there was resourceVersionMatch.
  const exact = match === 'Exact' || (match === '' && limit > 0);
  return { kind: exact ? 'exact' : 'notOlderThan', revision };
}

function versionErrors(match: string, revision: number | undefined, token: string): FieldError[] {
  if (match === '') return [];
  const errors: FieldError[] = [];
  const forbid = (why: string): void => {
    errors.push(forbiddenField(FIELD, `resourceVersionMatch ${why}`));
  };
  if (revision === undefined) forbid('is forbidden unless resourceVersion is provided');
  if (token !== '') forbid('is forbidden when continue is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    errors.push(notSupported(FIELD, match, ['Exact', 'NotOlderThan', '']));
  }
  if (match === 'Exact' && revision === 0) forbid('"exact" is forbidden for resourceVersion "0"');
  return errors;
}

/** Throws a 422 unless a streaming list is asked for in the one way it may be. */
export function checkWatchList(options: WatchOptions): void {
  const match = options.resourceVersionMatch ?? '';
  if (options.sendInitialEvents === undefined) {
    if (match !== '')
      refuse([
        forbiddenField(
          FIELD,
          'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
        ),
      ]);
  } else if (match !== 'NotOlderThan') {
    refuse([
      forbiddenField(FIELD, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
    ]);
  }
}

/** The answer of servers without the WatchList feature. */
export function watchListForbidden(): ApiError {
  const why = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
  return invalidObject(LIST_OPTIONS, '', [forbiddenField('sendInitialEvents', why)]);
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject(LIST_OPTIONS, '', errors);
}
