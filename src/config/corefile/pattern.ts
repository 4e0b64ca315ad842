/** Regular expressions of a Corefile's line. */
import { Pattern } from '../../dns/rules/pattern/pattern.ts';
import { PatternError } from '../../dns/rules/pattern/syntax.ts';
import { UnusableConfig } from '../place.ts';
import { NotOffered } from './notOffered.ts';
import type { Statement } from './statement.ts';

/** @throws UnusableConfig when the text is none, NotOffered when it is only none that is understood here */
export function patternOf(text: string, of: Statement): Pattern {
  try {
    return new Pattern(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    if (error.isGo) throw new NotOffered(of, `${text}: ${error.message}`);
    throw new UnusableConfig(of, `${of.name}: ${text}: ${error.message}`);
  }
}
