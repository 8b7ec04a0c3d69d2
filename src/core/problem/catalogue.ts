/**
 * What the loop does with a problem of this kind:
 * `retry` = again with back-off, nothing has to change first; `wait` = again when its input changes (new revision, new
 * definition, new live state); `hold` = a person must decide; `report` = said once, nothing is held up.
 */
export type Disposition = 'retry' | 'wait' | 'hold' | 'report'

export interface CatalogueEntry {
  readonly title: string
  readonly disposition: Disposition
  readonly action: string
}

const entry = (title: string, disposition: Disposition, action: string): CatalogueEntry => ({
  title,
  disposition,
  action,
})

/** Every code Holdfast can answer with. Codes are never reused; the hundreds digit groups them by stage. */
export const CATALOGUE = {
  // 1xxx source and render
  HF1001: entry(
    'Repository unreachable',
    'retry',
    'Check the URL, the network and the credentials; the last good revision stays in force meanwhile.',
  ),
  HF1002: entry(
    'Revision not found',
    'retry',
    'Check targetRevision: a branch, tag or commit of the repository, a version of the chart, or a range that one fits.',
  ),
  HF1003: entry('File is not valid YAML or JSON', 'wait', 'Mend the file at the line named.'),
  HF1004: entry('Path not found', 'wait', 'Check spec.source.path: the directory must exist in this revision.'),
  HF1005: entry('Repository authentication failed', 'retry', 'Check the credentials for this repository.'),
  HF1006: entry(
    'Path leaves the repository',
    'wait',
    'Remove the symbolic link or `..` that points out of the repository.',
  ),
  HF1007: entry('Duplicate key', 'wait', 'Keep one of the two keys.'),
  HF1008: entry('Document expands too far', 'wait', 'Remove the aliases that multiply the document.'),
  HF1009: entry('Render failed', 'wait', 'Run the render locally on this revision; the message is the tool’s own.'),
  HF1010: entry('Render exceeded a limit', 'wait', 'Make the render smaller or raise the limit named.'),
  HF1011: entry('Render tool missing', 'retry', 'Install the tool or name its path in the environment variable given.'),
  HF1012: entry(
    'Document is not a Kubernetes object',
    'wait',
    'Give the document apiVersion, kind and metadata.name, or exclude the file.',
  ),
  HF1013: entry('Source type not supported', 'wait', 'See docs/reference/sources.md for what can be rendered.'),
  HF1014: entry(
    'Source changed its answer',
    'report',
    'The same inputs rendered differently; remove random values and timestamps from the render.',
  ),
  HF1015: entry('Signature required', 'retry', 'Sign the commit or tag with a key that the project accepts.'),
  HF1016: entry(
    'Rendered otherwise at the same revision',
    'report',
    'Name a tag, a commit or an exact version where the source names a branch or a range, or expect such changes.',
  ),
  // 2xxx definition
  HF2001: entry('Application is invalid', 'wait', 'Give the fields named.'),
  HF2002: entry('Field not supported', 'wait', 'Remove the field; it is refused rather than silently ignored.'),
  HF2003: entry('Project does not allow this', 'wait', 'Change the Application or the AppProject.'),
  HF2004: entry(
    'Destination is not this cluster',
    'wait',
    'Point the Application at the cluster that Holdfast is connected to.',
  ),
  HF2005: entry(
    'Ignore rule cannot be used',
    'hold',
    'Mend the rule; objects that it matches are reported and not healed meanwhile.',
  ),
  HF2006: entry('Project not found', 'wait', 'Create the AppProject or name an existing one.'),
  HF2007: entry('Field has no effect', 'report', 'Nothing to do; the field may stay.'),
  HF2009: entry(
    'Ignore rule speaks of nothing',
    'report',
    'Correct or remove the rule; `holdfast ignores lint` says more.',
  ),
  HF2010: entry(
    'Ignore rule hides more than it names',
    'report',
    'Make the rule narrower; `holdfast ignores lint` proposes how.',
  ),
  HF2011: entry(
    'Ignore rule is overdue for review',
    'report',
    'Look whether the rule is still right, then set another review date or remove it.',
  ),
  HF2008: entry('Setting cannot be used', 'wait', 'Correct the key in the ConfigMap or Secret named.'),
  // 3xxx desired set
  HF3001: entry('Object declared twice', 'report', 'Remove one of the declarations; the last one is used.'),
  HF3002: entry('Unknown kind', 'retry', 'Install the CRD, or correct apiVersion and kind.'),
  HF3003: entry('Render is empty', 'hold', 'If this is meant, set automated.allowEmpty: true.'),
  HF3004: entry('generateName cannot be reconciled', 'wait', 'Give the object a fixed metadata.name.'),
  HF3005: entry(
    'Two applications declare one object',
    'hold',
    'Remove it from one of them; neither writes the other’s object.',
  ),
  HF3006: entry('Hook not supported', 'report', 'The object is left out; run it by other means.'),
  HF3007: entry('Value unusable', 'wait', 'Correct the value named.'),
  HF3008: entry('Tracking annotation copied', 'report', 'The mark names another object; remove it.'),
  HF3020: entry('Kind excluded', 'report', 'Take the kind out of resource.exclusions, or the object out of Git.'),
  HF3009: entry('Declared object has a controller', 'report', 'Drop it from Git: declare its owner, which makes it.'),
  HF3010: entry(
    'Orphaned resources',
    'report',
    'Declare them, delete them, or name them in spec.orphanedResources.ignore of the AppProject.',
  ),
  HF3011: entry('Pruned object came back', 'report', 'Find out who made it again; delete it, or declare it in Git.'),
  HF3012: entry(
    'Pod does not follow its template',
    'report',
    'Bring the change to Git, or delete the pod: its workload makes it again from the template.',
  ),
  HF3013: entry(
    'Another tool delivers the object',
    'report',
    'Let one of them go: remove it from Git, or from the other tool without deleting it.',
  ),
  HF3014: entry(
    'Running pods not looked at',
    'report',
    'Grant Holdfast get and list on pods, and get on replicasets, statefulsets and daemonsets.',
  ),
  // 4xxx cluster
  HF4001: entry('Cluster unreachable', 'retry', 'Check the API server and the kubeconfig.'),
  HF4002: entry('Write forbidden', 'retry', 'Grant Holdfast the verb on the resource named.'),
  HF4003: entry('Admission denied', 'retry', 'Change the object, or the policy or webhook that refused it.'),
  HF4004: entry('Namespace missing', 'retry', 'Create the namespace or set CreateNamespace=true.'),
  HF4005: entry('Object invalid', 'wait', 'Correct the fields that the API server names.'),
  HF4006: entry('Immutable field', 'hold', 'Delete and recreate the object, or put the old value back in Git.'),
  HF4007: entry('Conflict', 'retry', 'Nothing to do: the object is compared again.'),
  HF4008: entry('Server refused the request', 'retry', 'See the server’s message.'),
  HF4009: entry('Object too large', 'wait', 'Make the object smaller; the API server stores at most about 1.5 MB.'),
  HF4010: entry('Read forbidden', 'retry', 'Grant Holdfast get, list and watch on the resource named.'),
  HF4011: entry(
    'Credentials unusable',
    'retry',
    'Name the cluster with --kubeconfig, --context or $KUBECONFIG; check its user, exec plugin or token.',
  ),
  HF4012: entry('Namespace is terminating', 'retry', 'Wait until it is gone; the objects are created again then.'),
  HF4013: entry('Object exists already', 'retry', 'Nothing to do: the object is compared again.'),
  // 5xxx compare and evaluate
  HF5001: entry('Comparison incomplete', 'retry', 'The reason is in the message; the object is reported as Unknown.'),
  HF5002: entry(
    'Normal form unavailable',
    'report',
    'The server could not be asked; shipped tables were used instead.',
  ),
  HF5003: entry('Ownership bookkeeping unusable', 'report', 'managedFields cannot be read; the actor stays unknown.'),
  HF5004: entry(
    'Admission answers differently each time',
    'report',
    'Make the webhook or policy answer the same for the same object; until then the path is left alone.',
  ),
  // 6xxx decide and act
  HF6001: entry('Fight', 'hold', 'Another writer keeps changing this path; decide who owns it.'),
  HF6002: entry('Heal did not hold', 'retry', 'The server’s answer still differs; see the path and the actor.'),
  HF6003: entry('Prune not permitted', 'hold', 'The observation is incomplete or the object is not ours.'),
  HF6004: entry('Sync failed', 'retry', 'See the objects named.'),
  HF6005: entry(
    'Another controller writes this Application',
    'hold',
    'Stop the other controller; enforcement begins after one minute without its writes.',
  ),
  HF6006: entry('Pre-existing difference', 'hold', 'It was there before enforcement began; heal or accept it.'),
  // 7xxx state and surfaces
  HF7001: entry('Store unavailable', 'retry', 'Heals go on unrecorded; deletes wait.'),
  HF7002: entry('Usage', 'report', 'See --help.'),
  HF7003: entry('Application not found', 'report', 'Check the name and the namespace.'),
  HF7004: entry('Internal error', 'retry', 'This is a defect of Holdfast; please report it with the message.'),
  HF7005: entry('Request not answered', 'report', 'Start a controller: holdfast run.'),
  // 8xxx changing what Git declares
  HF8001: entry('Image unusable', 'report', 'Write CONTAINER=REPOSITORY:TAG, or @DIGEST in place of the tag.'),
  HF8002: entry('Image not found', 'report', 'Name a container, or the image that is there now.'),
  HF8003: entry('More than one is meant', 'report', 'Narrow it: by the container’s name, or by --object KIND/NAME.'),
  HF8004: entry(
    'No single place to change',
    'report',
    'Change the source by hand, or give the image a place of its own.',
  ),
  HF8005: entry(
    'Others read the file too',
    'report',
    'Give this one an entry of its own (images of its kustomization), or change all of them by --shared.',
  ),
  HF8006: entry('Work tree cannot be used', 'report', 'Name a path in a checkout of the repository.'),
  HF8007: entry('Commit failed', 'report', 'The file is as it was; git’s own message says why.'),
  HF8008: entry('Push failed', 'report', 'The commit stays in the work tree; pull and push it by hand.'),
  HF7006: entry('Audit log unreadable', 'retry', 'Check the path and the permissions of the file.'),
} as const satisfies Record<string, CatalogueEntry>

export type ProblemCode = keyof typeof CATALOGUE
