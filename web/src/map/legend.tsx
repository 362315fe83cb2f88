// Always visible: what the colours mean, with unit and class limits.
import { t } from '../i18n';
import { dark } from '../state/prefs';
import { classesOf, type Layer, labelOf } from './classes';
import { colourOf, GROUPS } from './hotspots';

export function Legend({ layer, clusters }: { layer: Layer; clusters: boolean }) {
  const classes = classesOf(layer, dark.value);
  return (
    <section class="legend small" aria-label={t('map.legend')}>
      <p class="strong">{t(`map.legend.${layer}`)}</p>
      <ul>
        {classes.map((c) => (
          <li key={c.from}>
            <svg width="18" height="14" aria-hidden="true">
              <rect width="18" height="14" fill={c.colour} stroke="currentColor" stroke-opacity="0.4" />
            </svg>
            {labelOf(layer, c)}
          </li>
        ))}
        {layer === 'hotspots' &&
          GROUPS.filter((group) => group !== 'few').map((group) => (
            <li key={group}>
              <svg width="18" height="14" aria-hidden="true">
                <rect
                  width="18"
                  height="14"
                  fill={colourOf(group, dark.value)}
                  stroke="currentColor"
                  stroke-opacity="0.4"
                />
              </svg>
              {t(`hotspot.group.${group}`)}
            </li>
          ))}
        {(layer === 'ratio' || layer === 'hotspots') && (
          <li>
            <svg width="18" height="14" aria-hidden="true">
              <rect width="18" height="14" fill="none" stroke="currentColor" stroke-opacity="0.4" />
              <path d="M-2 8 8-2M0 14 14 0M8 16 20 4" stroke="currentColor" />
            </svg>
            {t(layer === 'hotspots' ? 'hotspot.group.few' : 'map.legend.hatch')}
          </li>
        )}
        {(clusters || layer === 'clusters') && (
          <>
            <li>
              <svg width="18" height="14" aria-hidden="true">
                <rect
                  x="1.5"
                  y="1.5"
                  width="15"
                  height="11"
                  fill="none"
                  stroke="currentColor"
                  stroke-width="2.5"
                />
              </svg>
              {t('map.legend.alert')}
            </li>
            <li>
              <svg width="18" height="14" aria-hidden="true">
                <rect
                  x="1.5"
                  y="1.5"
                  width="15"
                  height="11"
                  fill="none"
                  stroke="currentColor"
                  stroke-width="2"
                  stroke-dasharray="4 2"
                />
              </svg>
              {t('map.legend.watch')}
            </li>
          </>
        )}
      </ul>
      {layer !== 'clusters' && (
        <p class="muted">{t(layer === 'hotspots' ? 'map.legend.never' : 'map.legend.none')}</p>
      )}
    </section>
  );
}
