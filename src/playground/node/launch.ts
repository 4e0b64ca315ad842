/**
 * A container without an image: this computer's files, a mount namespace of its own with the Pod's mounts in it, and
 * the capabilities that the Pod declares, no others. Its root can be written to where this user may.
 */
import type { Container } from './nodePod.ts';

export interface ContainerMount {
  readonly kind: 'file' | 'folder';
  /** A path of the node; made where there is none. */
  readonly source: string;
  readonly target: string;
}

/**
 * Mounts as KIND SOURCE TARGET, then `--` and the program. A mount needs a place to be put on, and none may be made on
 * this computer's disk: where one is missing, the folder that it would be in is covered by an empty one, with links
 * to all that was there.
 */
const LAUNCH = `
  set -e
  covered=
  cover() {
    under=/run/covered$1
    mkdir -p "$under"
    mount --rbind "$1" "$under"
    mount -t tmpfs -o mode=755 tmpfs "$1"
    for entry in "$under"/* "$under"/.[!.]*; do
      to=$entry
      if [ -L "$entry" ]; then
        to=$(readlink "$entry")
        case $to in /*) ;; *) to=$1/$to ;; esac
      elif [ ! -e "$entry" ]; then
        continue
      fi
      ln -s "$to" "$1/\${entry##*/}"
    done
    covered="$covered $1 "
  }
  place() {
    [ ! -e "$2" ] || return 0
    above=$2
    while [ ! -e "$above" ]; do above=$(dirname "$above"); done
    case $(readlink -f "$above")/ in
      /run/*) ;;
      *) case $covered in *" $above "*) ;; *) cover "$above" ;; esac ;;
    esac
    make "$1" "$2"
  }
  make() {
    if [ "$1" = folder ]; then mkdir -p "$2"; else mkdir -p "$(dirname "$2")" && : >>"$2"; fi
  }
  while [ "$1" != -- ]; do
    [ -e "$2" ] || make "$1" "$2"
    if [ "$2" != "$3" ]; then
      place "$1" "$3"
      mount --bind "$2" "$3"
    fi
    shift 3
  done
  shift
  exec "$@"`;

/** Command line that runs the program as the container, from within its node. */
export function launch(
  container: Container,
  mounts: readonly ContainerMount[],
  program: readonly string[],
): readonly string[] {
  const triples = mounts.flatMap(({ kind, source, target }) => [kind, source, target]);
  const confined = [...confinement(container), ...program, ...container.args];
  return ['unshare', '--mount', 'sh', '-c', LAUNCH, 'container', ...triples, '--', ...confined];
}

function confinement({ securityContext }: Container): readonly string[] {
  const { allowPrivilegeEscalation, capabilities } = securityContext;
  const escalation = allowPrivilegeEscalation ? [] : ['--no-new-privs'];
  if (capabilities?.drop.includes('ALL') !== true) return ['setpriv', ...escalation, '--'];
  const kept = ['-all', ...capabilities.add.map((name) => `+${name.toLowerCase()}`)];
  return ['setpriv', ...escalation, `--bounding-set=${kept.join(',')}`, '--inh-caps=-all', '--'];
}
