// The walls of the architecture: data flows one way, core is pure, one writer, only main wires.
const STAGES = ['problem', 'kube', 'yaml', 'merge', 'jq', 'definition', 'desired', 'live', 'orphan', 'health', 'audit', 'compare', 'classify', 'decide', 'plan', 'evaluate', 'edit', 'ignores', 'record']
/** npm packages that an ADR let into core, and node's own modules that only compute. */
const PURE_PACKAGES = ['js-yaml', 're2js']
const PURE_BUILTINS = ['^(node:)?crypto$']
const later = (index) => STAGES.slice(index + 1).join('|')

module.exports = {
  forbidden: [
    { name: 'no-cycles', comment: 'A cycle (even of types) means two modules are one module.', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-pure', comment: 'Core computes; it never touches the machine. Pass data in, return data out.', severity: 'error',
      from: { path: '^src/core/' }, to: { dependencyTypes: ['core'], pathNot: PURE_BUILTINS },
    },
    {
      name: 'core-npm-allowlist', comment: 'A package enters core through an ADR.', severity: 'error',
      from: { path: '^src/core/' }, to: { dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: PURE_PACKAGES.map((name) => `node_modules/${name}/`) },
    },
    {
      name: 'core-knows-no-shell', comment: 'Core may not know ports, adapters, the loop or any surface.', severity: 'error',
      from: { path: '^src/core/' }, to: { path: '^src/(ports|adapters|loop|surfaces|main)/' },
    },
    ...STAGES.slice(0, -1).map((stage, index) => ({
      name: `stage-order-${stage}`, comment: 'Data flows one way; a stage never imports a later stage.', severity: 'error',
      from: { path: `^src/core/${stage}/` }, to: { path: `^src/core/(${later(index)})/` },
    })),
    {
      name: 'one-door-per-stage', comment: 'Import a stage through its index.ts.', severity: 'error',
      from: { path: '^src/(?:core/)?([^/]+)/' }, to: { path: '^src/core/([^/]+)/', pathNot: ['^src/core/$1/', '/index[.]ts$'] },
    },
    { name: 'ports-are-types', comment: 'Ports speak core types only.', severity: 'error', from: { path: '^src/ports/' }, to: { path: '^src/(adapters|loop|surfaces|main)/' } },
    {
      name: 'adapters-are-leaves', comment: 'An adapter implements ports; it never calls the loop, a surface or another adapter.', severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' }, to: { path: '^src/(adapters|loop|surfaces|main)/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'one-writer', comment: 'Only plan steps may hold the ClusterWriter; everything else reads.', severity: 'error',
      from: { path: '^src/', pathNot: '^src/(loop/steps|adapters|main|ports)/' }, to: { path: '^src/ports/cluster-writer[.]ts$' },
    },
    { name: 'only-main-wires', comment: 'Only src/main picks adapters.', severity: 'error', from: { path: '^src/(loop|surfaces)/' }, to: { path: '^src/(adapters|main)/' } },
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' } },
}
