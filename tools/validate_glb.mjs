// Prints the Khronos validator's report of each GLB as one JSON line; exits with 1 if any has errors or warnings.
// usage: node validate_glb.mjs <folder where `npm install gltf-validator` ran> <file.glb>...
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [folder, ...files] = process.argv.slice(2);
const validator = createRequire(resolve(folder, 'package.json'))('gltf-validator');
for (const file of files) {
  const { issues, info } = await validator.validateBytes(new Uint8Array(readFileSync(file)), { maxIssues: 50 });
  console.log(JSON.stringify({ file, issues, info }));
  if (issues.numErrors || issues.numWarnings) process.exitCode = 1;
}
