// Runs the HTTP cache tests against a proxy, prints what the suite itself makes of the results, and compares that with what is recorded.
//
//   node score.mjs --base <proxy> --suite <folder> [--score <score.json> [--record]] [--json <file>]
//
// node-fetch is looked for where the suite lies. Exit code 1 when the score fell.

import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'

const timeLimit = 5 * 60_000
const scoredKinds = ['required', 'optimal']
const kinds = [...scoredKinds, 'check']

if (isMainThread) process.exitCode = await main(readArguments())
else parentPort.postMessage(await runHere(workerData))

async function main (options) {
  const suites = await loadSuites(options.suite)
  const recorded = options.score && !options.record ? JSON.parse(fs.readFileSync(options.score, 'utf8')) : undefined
  const expected = new Set(recorded ? scoredKinds.flatMap(kind => recorded.notPassing[kind]) : [])
  setTimeout(() => giveUp(`The tests were not over after ${timeLimit / 1000} s.`), timeLimit).unref()

  let results = await run(options)
  let tests = await judge(options.suite, suites, results)
  if (options.score) {
    const suspects = tests.filter(test => isScored(test) && !test.passed && !expected.has(test.id))
    if (suspects.length > 0) {
      results = await runAgain(options, suspects, tests, results)
      tests = await judge(options.suite, suites, results)
    }
  }

  print(tests)
  if (options.json) fs.writeFileSync(options.json, JSON.stringify({ counts: counts(tests.filter(test => !test.apart)), tests }, null, 2) + '\n')
  if (options.record) record(options.score, tests)
  const fell = recorded ? compare(tests, recorded, expected) : false
  const totals = counts(tests.filter(test => !test.apart))
  console.log(`conformance: ${kinds.map(kind => `${kind} ${totals[kind].passed}/${totals[kind].total}`).join(', ')}`)
  return fell ? 1 : 0
}

// The suite pauses for exact seconds, and a machine that is busy may miss them. Whatever this hides is printed.
async function runAgain (options, suspects, tests, results) {
  const byId = new Map(tests.map(test => [test.id, test]))
  const ids = new Set()
  const add = test => {
    if (ids.has(test.id) || test.passed) return
    ids.add(test.id)
    test.dependsOn.forEach(id => byId.has(id) && add(byId.get(id)))
  }
  suspects.forEach(add)
  console.log(`Not passed, so run once more, with what they depend on: ${[...ids].join(', ')}`)
  const again = await run({ ...options, ids: [...ids] })
  for (const id of ids) {
    if (again[id] === true && results[id] !== true) console.log(`  passed the second time: ${id} (the first time: ${[results[id]].flat().at(-1)})`)
  }
  return { ...results, ...again }
}

// A thread each time, because the suite's modules keep the results of a run and refuse to run a test twice.
function run (options) {
  return new Promise((resolve, reject) => {
    new Worker(new URL(import.meta.url), { workerData: options })
      .once('message', resolve)
      .once('error', reject)
      .once('exit', code => reject(new Error(`The tests ended with code ${code} and no results.`)))
  })
}

async function runHere ({ suite, base, ids }) {
  const { runTests, getResults } = await load(engineOf(suite), 'client', 'runner.mjs')
  const { default: fetch } = await import(pathToFileURL(createRequire(path.join(suite, 'any.js')).resolve('node-fetch')))
  const suites = (await loadSuites(suite)).map(({ tests }) => ({ tests: ids ? tests.filter(test => ids.includes(test.id)) : tests }))
  await runTests(suites, fetch, false, base)
  return getResults()
}

async function loadSuites (suite) {
  const listed = (await load(suite, 'tests', 'index.mjs')).default
  const surrogate = (await load(suite, 'tests', 'surrogate-control.mjs')).default
  return [...new Set([...listed, surrogate])].map(one => ({
    ...one,
    // For a browser's cache only; and what a cache is not asked to do unless it is a CDN's.
    tests: one.tests.filter(test => test.browser_only !== true),
    apart: one === surrogate || one.tests.every(test => test.cdn_only === true) ? one.id : undefined
  }))
}

/** What the suite decides of each test: its own result, and passed only where everything it depends on is. */
async function judge (suite, suites, results) {
  const decides = fs.existsSync(path.join(engineOf(suite), 'lib', 'results.mjs')) ? 'results.mjs' : 'display.mjs'
  const { determineTestResult } = await load(engineOf(suite), 'lib', decides)
  const passed = id => ['✅', 'Y'].includes(determineTestResult(suites, id, results)[2])
  return suites.flatMap(one => one.tests.map(test => {
    const dependsOn = test.depends_on ?? []
    const missing = dependsOn.filter(id => !passed(id))
    const own = results[test.id] === true ? undefined : results[test.id]?.join(': ') ?? 'not run'
    const reasons = [own, missing.length > 0 ? `depends on ${missing.join(', ')}` : undefined]
    return {
      id: test.id,
      suite: one.id,
      kind: test.kind ?? 'required',
      apart: one.apart,
      dependsOn,
      passed: passed(test.id),
      reason: reasons.filter(Boolean).join('; ') || undefined
    }
  }))
}

function print (tests) {
  for (const test of tests.filter(test => isScored(test, { apartToo: true }) && !test.passed)) {
    console.log(`  ${test.apart ? `${test.apart} ` : ''}${test.kind} not passed: ${test.id}: ${test.reason}`)
  }
  for (const apart of new Set(tests.map(test => test.apart))) {
    const totals = counts(tests.filter(test => test.apart === apart))
    for (const kind of kinds) console.log(`${apart ? `${apart} ` : ''}${kind} ${totals[kind].passed} / ${totals[kind].total}`)
  }
}

function compare (tests, recorded, expected) {
  const totals = counts(tests.filter(test => !test.apart))
  const ids = new Set(tests.map(test => test.id))
  const broken = tests.filter(test => isScored(test) && !test.passed && !expected.has(test.id))
  const better = tests.filter(test => test.passed && expected.has(test.id)).map(test => test.id)
  const unknown = [...expected].filter(id => !ids.has(id))
  const fallen = scoredKinds.filter(kind => totals[kind].passed < recorded[kind])

  for (const test of broken) console.log(`FAILED: ${test.kind} ${test.id}: ${test.reason}`)
  for (const kind of fallen) console.log(`FAILED: ${kind} fell from ${recorded[kind]} to ${totals[kind].passed}`)
  if (better.length > 0) console.log(`Passed, though not expected to: ${better.join(', ')}. Record it: test/conformance/run.sh --record`)
  if (unknown.length > 0) console.log(`Recorded, but not in the suite: ${unknown.join(', ')}. Record it: test/conformance/run.sh --record`)
  return broken.length > 0 || fallen.length > 0
}

function record (file, tests) {
  const scored = tests.filter(test => isScored(test))
  const totals = counts(scored)
  const notPassing = kind => scored.filter(test => test.kind === kind && !test.passed).map(test => test.id)
  const score = {
    required: totals.required.passed,
    optimal: totals.optimal.passed,
    notPassing: { required: notPassing('required'), optimal: notPassing('optimal') }
  }
  fs.writeFileSync(file, JSON.stringify(score, null, 2) + '\n')
  console.log('Recorded.')
}

function isScored (test, { apartToo = false } = {}) {
  return scoredKinds.includes(test.kind) && (apartToo || !test.apart)
}

function counts (tests) {
  return Object.fromEntries(kinds.map(kind => {
    const all = tests.filter(test => test.kind === kind)
    return [kind, { passed: all.filter(test => test.passed).length, total: all.length }]
  }))
}

// The package has everything in one folder, the repository of the suite keeps its engine apart.
function engineOf (suite) {
  const newer = path.join(suite, 'test-engine')
  return fs.existsSync(newer) ? newer : suite
}

function load (...parts) {
  return import(pathToFileURL(path.join(...parts)))
}

function readArguments () {
  const options = {}
  const rest = process.argv.slice(2)
  while (rest.length > 0) {
    const name = rest.shift()
    if (name === '--record') options.record = true
    else if (['--base', '--suite', '--score', '--json'].includes(name) && rest.length > 0) options[name.slice(2)] = rest.shift()
    else giveUp(`Not understood: ${name}`)
  }
  if (!options.base || !options.suite || (options.record && !options.score)) giveUp('Needs --base and --suite; --record also --score.')
  return options
}

function giveUp (why) {
  console.error(why)
  process.exit(1)
}
