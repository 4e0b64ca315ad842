/** `fairlead playground --demo`: the story on a running playground. */
import { systemClock } from '../../host/clock.ts';
import { TOPOLOGY } from '../network/topology.ts';
import { type Playground, tellLog } from '../outside.ts';
import { type Environment, environmentOf } from '../surroundings.ts';
import { curlTool, kubectlTool, KUBECTL_PROBE } from './apiTool.ts';
import { RealStage } from './stage.ts';
import { type ApiTool, HERE, type Place } from './step.ts';
import { STORY, tellStory } from './story.ts';
import { Teller } from './teller.ts';

export interface DemoSettings {
  /** Root of the project. */
  readonly root: string;
  readonly env: Environment;
  readonly colours: boolean;
  /** Milliseconds between two steps. */
  readonly pause: number;
  readonly write: (text: string) => void;
  /** Takes whole lines. */
  readonly stderr: (line: string) => void;
}

/** Resolves to the exit code: 0 only if every step held. */
export async function runDemo(playground: Playground, settings: DemoSettings): Promise<number> {
  const stageWith = (teller: Teller, api: ApiTool): RealStage =>
    new RealStage(
      playground,
      teller,
      api,
      (place) => environmentAt(place, playground, settings),
      systemClock,
    );
  const silent = new Teller({ write: () => undefined, colours: false });
  const probe = await stageWith(silent, kubectlTool).run(HERE, KUBECTL_PROBE);
  const api = probe.code === 0 ? kubectlTool : curlTool;

  const teller = new Teller(settings);
  teller.remark(
    api === kubectlTool ? `KUBECONFIG=${playground.folder.kubeconfig}` : `API=${playground.apiUrl}`,
  );
  const { held, failed } = await tellStory(STORY, stageWith(teller, api), teller, settings.pause);
  if (failed === undefined) {
    teller.title(`All ${held} steps held`);
    teller.story('Try it yourself: bin/fairlead playground');
    return 0;
  }
  for (const { name } of TOPOLOGY.nodes) await tellLog(playground.folder, name, settings.stderr);
  settings.stderr(`fairlead playground: step ${held + 1} of ${STORY.length} did not hold: ${failed.title}`);
  return 1;
}

function environmentAt(
  place: Place,
  { folder, apiUrl }: Playground,
  { root, env }: DemoSettings,
): Environment {
  if (place !== HERE) return environmentOf(folder, root, env, true);
  return { ...environmentOf(folder, root, env, false), API: apiUrl };
}
