import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../src/nearest.ts'

const keys = ['enabled', 'host', 'port', 'allowed_hosts', 'digest', 'model', 'models']

test('one slip is forgiven: a letter too many, too few, wrong, or swapped with its neighbour', () => {
  for (const slip of ['prot', 'pot', 'portt', 'pert', 'PORT']) assert.equal(nearest(slip, keys), 'port', slip)
  assert.equal(nearest('allowd_host', keys), 'allowed_hosts')
  assert.equal(nearest('modle', keys), 'model')
})

test('what is like nothing is nearest to nothing', () => {
  for (const other of ['x', 'colour', '', 'banana']) assert.equal(nearest(other, keys), undefined, other)
  assert.equal(nearest('port', []), undefined)
})
