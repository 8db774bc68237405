//! What every model of rows repeats.

/// Doors of a model fitted on rows: linfa's guard of the settings and `Fit`, and the model file.
///
/// Asks for `check_settings(&self) -> Result<()>` and `fit_rows(&self, Rows) -> Result<$model>` of the checked settings,
/// and for `feature_names` of the model.
macro_rules! row_model {
    ($params:ident, $valid:ident, $model:ident, $kind:literal) => {
        impl linfa::ParamGuard for $params {
            type Checked = $valid;
            type Error = crate::error::Error;

            fn check_ref(&self) -> crate::error::Result<&$valid> {
                self.0.check_settings()?;
                Ok(&self.0)
            }

            fn check(self) -> crate::error::Result<$valid> {
                self.0.check_settings()?;
                Ok(self.0)
            }
        }

        impl<D: ndarray::Data<Elem = f64>, T>
            linfa::traits::Fit<ndarray::ArrayBase<D, ndarray::Ix2>, T, crate::error::Error> for $valid
        {
            type Object = $model;
            fn fit(
                &self,
                dataset: &linfa::dataset::DatasetBase<ndarray::ArrayBase<D, ndarray::Ix2>, T>,
            ) -> crate::error::Result<$model> {
                self.fit_rows(dataset.into())
            }
        }

        #[cfg(feature = "persist")]
        impl crate::persist::Persist for $model {
            const KIND: &'static str = $kind;
            fn feature_names(&self) -> &[String] {
                $model::feature_names(self)
            }
        }
    };
}
