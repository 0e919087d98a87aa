/** Says that the state changed; `state` is the new one. */
class StateEvent<State> extends Event {
  readonly state: State;

  constructor(state: State) {
    super('state');
    this.state = state;
  }
}

/** An `EventTarget` with one typed event, beside the untyped ones that it inherits. */
interface StateEventTarget<State> extends EventTarget {
  addEventListener(type: 'state', listener: (event: StateEvent<State>) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  removeEventListener(type: 'state', listener: (event: StateEvent<State>) => void, options?: boolean | EventListenerOptions): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void;
}

/** The DOM's own class under a narrower type, which a subclass cannot give it. */
const StateEventTarget = EventTarget as new <State>() => StateEventTarget<State>;

/** Something with one present state, which tells listeners of `state` about each change. */
export class StateTarget<State extends { readonly name: string }> extends StateEventTarget<State> {
  #state: State;

  constructor(first: State) {
    super();
    this.#state = first;
  }

  /** The present state. */
  get state(): State {
    return this.#state;
  }

  protected enter(state: State): void {
    this.#state = state;
    this.dispatchEvent(new StateEvent(state));
  }
}
