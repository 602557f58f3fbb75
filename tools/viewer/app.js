// The offline viewer: reads the GLB embedded in the page, plays its clips, shows it in a small studio.
import {
  AnimationMixer, Box3, CanvasTexture, CircleGeometry, DirectionalLight, Mesh, MeshBasicMaterial,
  NeutralToneMapping, PMREMGenerator, PerspectiveCamera, RepeatWrapping, Scene, ShadowMaterial,
  SkeletonHelper, VSMShadowMap, Vector3, WebGLRenderer,
} from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';
import { RoomEnvironment } from 'three/addons/environments/RoomEnvironment.js';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';

const FLOOR_RADIUS = 5; // metres
const DOT_SPACING = 0.5; // metres, so that the floor shows how far a person walks
const element = (id) => document.getElementById(id);

function embeddedGlb() {
  const text = atob(element('glb').textContent.trim());
  return Uint8Array.from(text, (character) => character.charCodeAt(0)).buffer;
}

function canvasTexture(size, draw) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  draw(canvas.getContext('2d'), size);
  return new CanvasTexture(canvas);
}

// A floor that only shows shadow and faint dots, both fading out, so that the page's backdrop stays visible.
function makeFloor() {
  const dots = canvasTexture(64, (context, size) => {
    context.fillStyle = '#5b6472';
    context.beginPath();
    context.arc(size / 2, size / 2, 2, 0, 7);
    context.fill();
  });
  dots.wrapS = dots.wrapT = RepeatWrapping;
  dots.repeat.setScalar((2 * FLOOR_RADIUS) / DOT_SPACING);
  dots.anisotropy = 8;
  const fade = canvasTexture(256, (context, size) => {
    const gradient = context.createRadialGradient(size / 2, size / 2, 0, size / 2, size / 2, size / 2);
    gradient.addColorStop(0, '#999');
    gradient.addColorStop(1, '#000');
    context.fillStyle = gradient;
    context.fillRect(0, 0, size, size);
  });
  const disc = new CircleGeometry(FLOOR_RADIUS, 64).rotateX(-Math.PI / 2);
  const floor = new Mesh(disc, new ShadowMaterial({ opacity: 0.28 }));
  floor.receiveShadow = true;
  const marks = new MeshBasicMaterial({ map: dots, alphaMap: fade, transparent: true, depthWrite: false });
  floor.add(new Mesh(disc, marks));
  floor.moveTo = (x, z) => { // the disc follows the person, its dots stay where they are in the world
    floor.position.set(x, 0, z);
    dots.offset.set((x / DOT_SPACING) % 1, (-z / DOT_SPACING) % 1);
  };
  return floor;
}

function makeLights() {
  const key = new DirectionalLight('#fff4e8', 1.7);
  key.position.set(1.8, 4.2, 3.2);
  key.castShadow = true;
  key.shadow.mapSize.set(512, 512); // blurred anyway, and quick where there is no graphics card
  key.shadow.radius = 3;
  key.shadow.blurSamples = 10;
  key.shadow.bias = -0.0002;
  key.shadow.normalBias = 0.012;
  Object.assign(key.shadow.camera, { left: -1.7, right: 1.7, top: 1.9, bottom: -1.7, near: 0.5, far: 10 });
  const rim = new DirectionalLight('#dfe9ff', 0.6);
  rim.position.set(-2.5, 3, -3.5);
  return [key, rim];
}

class Studio {
  constructor(canvas) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, preserveDrawingBuffer: true });
    this.renderer.toneMapping = NeutralToneMapping; // keeps the textures' colours
    this.renderer.toneMappingExposure = 0.85; // a lit front shows about its texture's colour
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = VSMShadowMap; // soft edges at any distance
    this.scene = new Scene();
    this.scene.environment = new PMREMGenerator(this.renderer).fromScene(new RoomEnvironment(), 0.04).texture;
    this.scene.environmentIntensity = 0.5;
    this.camera = new PerspectiveCamera(28, 1, 0.05, 100);
    this.controls = new OrbitControls(this.camera, canvas);
    Object.assign(this.controls, { enableDamping: true, dampingFactor: 0.08, zoomToCursor: true, minDistance: 0.3, maxDistance: 20 });
    this.floor = makeFloor();
    this.lights = makeLights();
    this.center = new Vector3(); // where the floor, the lights and the camera's attention are
    this.scene.add(this.floor, ...this.lights, ...this.lights.map((light) => light.target));
  }

  // The picture's centre is the centre of the free area between the title and the control bar.
  resize() {
    const { clientWidth: width, clientHeight: height } = this.renderer.domElement;
    const [top, bottom] = [element('title').offsetTop + element('title').offsetHeight, element('bar').offsetTop];
    this.free = Math.max(bottom - top, height / 4) / height; // share of the height
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.setViewOffset(width, height, 0, (height - top - bottom) / 2, width, height);
  }

  // Moves everything that accompanies the person by the person's step over the floor.
  follow(position) {
    const step = position.clone().sub(this.center).setY(0);
    this.center.add(step);
    this.camera.position.add(step);
    this.controls.target.add(step);
    for (const light of this.lights) light.position.add(step), light.target.position.add(step);
    this.floor.moveTo(this.center.x, this.center.z);
  }

  // Shows the whole box from a little to the person's left.
  frame(box) {
    this.controls.enableDamping = false; // ends a glide that is still under way
    this.controls.update();
    this.controls.enableDamping = true;
    const size = box.getSize(new Vector3());
    const middle = box.getCenter(new Vector3());
    const half = Math.tan((this.camera.fov * Math.PI) / 360);
    const width = Math.hypot(size.x, size.z);
    const margin = 0.54; // half of the box and a little air
    const distance = Math.max(size.y / this.free, width / this.camera.aspect) * (margin / half) + size.z / 2;
    this.controls.target.copy(middle);
    this.camera.position.copy(middle).add(new Vector3(0.3, 0.1, 0.95).setLength(distance));
    this.controls.update();
  }

  render() {
    this.renderer.render(this.scene, this.camera);
  }
}

// One clip at a time at an explicit moment; everything else (speed, scrubbing, links) only moves that moment.
class Player {
  constructor(root, clips) {
    this.mixer = new AnimationMixer(root);
    this.clips = clips;
    Object.assign(this, { action: null, time: 0, speed: 1, playing: true });
  }

  select(index) {
    this.action?.stop();
    this.action = this.clips[index] ? this.mixer.clipAction(this.clips[index]) : null;
    this.action?.play();
    this.seek(0);
  }

  get duration() {
    return this.action?.getClip().duration || 0;
  }

  seek(time) {
    this.time = this.duration ? ((time % this.duration) + this.duration) % this.duration : 0;
    if (this.action) this.action.time = this.time;
    this.mixer.update(0);
  }

  advance(seconds) {
    this.seek(this.time + (this.playing ? seconds * this.speed : 0));
  }
}

// Face shapes over all meshes by name. Only shapes the user has touched override the playing clip.
class Expressions {
  constructor(meshes) {
    this.targets = new Map();
    this.touched = new Map();
    for (const mesh of meshes) {
      for (const [name, index] of Object.entries(mesh.morphTargetDictionary ?? {})) {
        if (!this.targets.has(name)) this.targets.set(name, []);
        this.targets.get(name).push([mesh, index]);
      }
    }
  }

  apply() {
    for (const [name, weight] of this.touched) {
      for (const [mesh, index] of this.targets.get(name)) mesh.morphTargetInfluences[index] = weight;
    }
  }

  reset() {
    for (const name of this.touched.keys()) this.touched.set(name, 0);
    this.apply();
    this.touched.clear();
  }
}

function bindPlayer(player) {
  const { clips } = player;
  for (const part of document.querySelectorAll('.player')) part.hidden = !clips.length;
  element('clip').append(...clips.map((clip, index) => new Option(clip.name || `Clip ${index + 1}`, index)));
  element('clip').hidden = clips.length < 2;
  element('clip').onchange = (event) => player.select(Number(event.target.value));
  element('speed').onchange = (event) => { player.speed = Number(event.target.value); };
  element('timeline').oninput = (event) => {
    player.playing = false;
    player.seek(Number(event.target.value) * player.duration * 0.9999);
  };
  element('play').onclick = () => { player.playing = !player.playing; };
}

function showPlayer(player) {
  document.body.classList.toggle('playing', player.playing);
  element('play').setAttribute('aria-label', player.playing ? 'Pause' : 'Play');
  element('timeline').value = player.duration ? player.time / player.duration : 0;
  element('clock').textContent = `${player.time.toFixed(1)} / ${player.duration.toFixed(1)} s`;
}

function bindToggle(id, apply) {
  element(id).onclick = () => {
    const pressed = element(id).getAttribute('aria-pressed') !== 'true';
    element(id).setAttribute('aria-pressed', pressed);
    apply(pressed);
  };
}

function bindExpressions(expressions) {
  element('expressions').hidden = !expressions.targets.size;
  bindToggle('expressions', (open) => { element('panel').hidden = !open; });
  const sliders = [...expressions.targets.keys()].map((name) => {
    const label = document.createElement('label');
    const slider = Object.assign(document.createElement('input'), { type: 'range', min: 0, max: 1, step: 0.01, value: 0 });
    slider.oninput = () => { expressions.touched.set(name, Number(slider.value)); };
    label.append(readable(name), slider);
    element('sliders').append(label);
    return slider;
  });
  element('reset').onclick = () => {
    expressions.reset();
    for (const slider of sliders) slider.value = 0;
  };
}

const readable = (name) => {
  const words = name.replace(/[_-]+/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const SHORTCUTS = { ' ': 'play', w: 'wireframe', s: 'skeleton', e: 'expressions', f: 'fit' };

function bindKeyboard() {
  addEventListener('keydown', (event) => {
    const id = SHORTCUTS[event.key.toLowerCase()];
    if (!id || event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === 'SELECT') return;
    event.preventDefault();
    if (!element(id).hidden) element(id).click();
  });
}

// `#clip=walk&time=0.5` opens a clip paused at a moment.
function openLink(player) {
  const link = new URLSearchParams(location.hash.slice(1));
  const index = Math.max(player.clips.findIndex((clip) => clip.name === link.get('clip')), 0);
  player.select(index);
  element('clip').value = index;
  player.playing = !link.has('time');
  player.seek(Number(link.get('time')) || 0);
}

async function start() {
  const studio = new Studio(element('canvas'));
  const { scene: model, animations } = await new GLTFLoader().parseAsync(embeddedGlb(), '');
  const meshes = [];
  model.traverse((node) => { if (node.isMesh) meshes.push(node); });
  for (const mesh of meshes) {
    Object.assign(mesh, { castShadow: true, receiveShadow: true, frustumCulled: false });
    if (mesh.material.map) mesh.material.map.anisotropy = 8;
  }
  studio.scene.add(model);
  const skeleton = new SkeletonHelper(model);
  Object.assign(skeleton, { visible: false, renderOrder: 1 });
  studio.scene.add(skeleton);

  const player = new Player(model, animations);
  const expressions = new Expressions(meshes);
  const hips = meshes.find((mesh) => mesh.isSkinnedMesh)?.skeleton.bones[0];
  const followHips = () => {
    model.updateMatrixWorld(true);
    if (hips) studio.follow(hips.getWorldPosition(new Vector3()));
  };
  const frame = () => studio.frame(new Box3().setFromObject(model, true));

  bindPlayer(player);
  bindExpressions(expressions);
  bindKeyboard();
  bindToggle('wireframe', (on) => { for (const mesh of meshes) mesh.material.wireframe = on; });
  bindToggle('skeleton', (on) => { skeleton.visible = on; });
  element('fit').onclick = frame;
  addEventListener('hashchange', () => openLink(player));
  openLink(player);
  let changed = true; // a still picture is drawn once
  for (const event of ['click', 'input', 'change', 'keydown', 'hashchange']) addEventListener(event, () => { changed = true; });
  studio.controls.addEventListener('change', () => { changed = true; });
  new ResizeObserver(() => { studio.resize(); changed = true; }).observe(element('canvas'));
  studio.resize();
  followHips();
  frame();

  let last = null; // milliseconds
  studio.renderer.setAnimationLoop((now) => {
    const elapsed = Math.min((now - (last ?? now)) / 1000, 0.1); // a tab that slept goes on where it was
    last = now;
    studio.controls.update();
    if (!player.playing && !changed) return;
    changed = false;
    player.advance(elapsed);
    expressions.apply();
    followHips();
    showPlayer(player);
    studio.render();
    document.body.classList.add('ready');
  });
}

start().catch((error) => {
  element('message').textContent = `This avatar cannot be shown: ${error.message}`;
  document.body.classList.add('failed');
});
