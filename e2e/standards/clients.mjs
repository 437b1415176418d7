// Asks the tracker, an OpenFeature provider and a GrowthBook SDK about the same visitors and prints what each said.
// stdin: {url, token, flags: [key], from, count, sticky: {visitor: {flag: arm}}}; stdout: {answers: [{visitor, flag, assign, ofrep, growthbook, sticky}], sticky}
import {readFileSync} from 'node:fs';
import {OpenFeature} from '@openfeature/server-sdk';
import {OFREPProvider} from '@openfeature/ofrep-provider';
import {GrowthBook, StickyBucketService} from '@growthbook/growthbook';

const job = JSON.parse(readFileSync(0, 'utf8'));

await OpenFeature.setProviderAndWait(new OFREPProvider({baseUrl: job.url, headers: {Authorization: `Bearer ${job.token}`}}));
const client = OpenFeature.getClient();

// Memory is a sticky bucket service that outlives a client, as a cookie or Redis would.
class Memory extends StickyBucketService {
  docs = new Map(Object.entries(job.sticky ?? {}));
  async getAssignments(name, value) { return this.docs.get(`${name}||${value}`) ?? null; }
  async saveAssignments(doc) { this.docs.set(`${doc.attributeName}||${doc.attributeValue}`, doc); }
}
const memory = new Memory();

const first = new GrowthBook({apiHost: job.url, clientKey: job.token});
const loaded = await first.init();
if (!loaded.success) throw new Error(`payload: ${loaded.error}`);
const payload = first.getPayload();

async function assign(flag, visitor) {
  const answer = await fetch(`${job.url}/api/v1/tracker/assign`, {
    method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({installation_token: job.token, experiment: flag, visitor_id: visitor, context: {url: job.page}}),
  });
  const body = await answer.json();
  return body.assigned ? body.variant.key : null;
}

async function ask(visitor) {
  const plain = new GrowthBook({attributes: {id: visitor, url: job.page}}).initSync({payload});
  const sticky = new GrowthBook({attributes: {id: visitor, url: job.page}, stickyBucketService: memory});
  await sticky.init({payload});
  const out = [];
  for (const flag of job.flags) {
    const growthbook = plain.getFeatureValue(flag, null);
    const stuck = sticky.getFeatureValue(flag, null);
    const ofrep = await client.getStringDetails(flag, 'error', {targetingKey: visitor, url: job.page});
    out.push({visitor, flag, assign: await assign(flag, visitor), ofrep: ofrep.value, reason: ofrep.reason, growthbook, sticky: stuck});
  }
  await new Promise(resolve => setTimeout(resolve)); // sticky buckets are saved in the background
  plain.destroy();
  sticky.destroy();
  return out;
}

const answers = [];
const lanes = 16;
await Promise.all(Array.from({length: lanes}, async (_, lane) => {
  for (let i = job.from + lane; i < job.from + job.count; i += lanes) answers.push(...await ask(`visitor-${i}`));
}));
process.stdout.write(JSON.stringify({answers, sticky: Object.fromEntries(memory.docs)}), () => process.exit(0));
